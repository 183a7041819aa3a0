"""Processes of another installation: with our database but another broker, or at our broker with another database.

The first have a row of ours with their fingerprint. The second write rows elsewhere, so every process also signs in at
its broker. That is a hint like everything there: it may be missing, and is never needed.
"""

import logging
import time
from collections.abc import Iterable

from redis.exceptions import RedisError

from config.heartbeats import STALE, Alive, fingerprint
from config.redis import broker, broker_is_redis

log = logging.getLogger(__name__)
KEY = "heliograph:processes"


def sign_in(name: str) -> None:
    """Leave name and fingerprint at the broker for STALE seconds; one that is away, or no Redis, is left alone."""
    if not broker_is_redis():
        return
    now = time.time()
    try:
        with broker().pipeline(transaction=False) as together:
            together.zadd(KEY, {f"{fingerprint()} {name}": now})
            together.zremrangebyscore(KEY, 0, now - 10 * STALE)
            together.execute()
    except RedisError:
        log.debug("not_signed_in", extra={"heart": name}, exc_info=True)


def strangers(seen: Iterable[Alive]) -> list[str]:
    """Names of processes that live and talk to another broker or database than this one, in order."""
    mine = fingerprint()
    in_rows = {process.name for process in seen if process.alive and process.fingerprint != mine}
    return sorted(in_rows | {name for told, name in _signed_in() if told != mine})


def _signed_in() -> list[tuple[str, str]]:
    """(fingerprint, name) of whoever signed in at this broker lately; nobody while it is away, or no Redis."""
    if not broker_is_redis():
        return []
    now = time.time()
    try:
        found = broker().zrangebyscore(KEY, now - STALE, now + STALE)
    except RedisError:
        return []
    pairs = [one.decode().partition(" ") for one in found if isinstance(one, bytes)]
    return [(told, name) for told, _, name in pairs]
