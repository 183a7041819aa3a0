"""The pump: claims, posts from a pool of threads, records. One at a time in a process; only its own thread has a
database connection, so thirty-two calls that hang hold no connection, no lock and no worker of anything else.
"""

import logging
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event, Lock

from django.conf import settings

from config.sql import assert_no_transaction
from messaging.hooks.claim import Work, claim
from messaging.hooks.post import Answer, post
from messaging.hooks.record import record_answer

log = logging.getLogger(__name__)
# While calls are under way, how often it looks for what has become due meanwhile.
LOOK_SECONDS = 0.5

UNSIGNED = Answer(None, "The webhook's secret cannot be read. Rotate it.", "", 0)
BROKEN = Answer(None, "Something on our side is broken.", "", 0)

stopping = Event()  # set on SIGTERM: what is under way is recorded, nothing new is claimed
_running = Lock()


def deliver() -> dict[str, int]:
    """Deliver until nothing is due and no call is under way. Returns deliveries by outcome.

    A second ring in the same process ends at once: the first one finds what it was rung for.
    """
    if not _running.acquire(blocking=False):
        return {"busy": 1}
    try:
        with ThreadPoolExecutor(settings.WEBHOOK_SLOTS, thread_name_prefix="hook") as pool:
            return dict(_pump(pool))
    finally:
        _running.release()


def _pump(pool: ThreadPoolExecutor) -> "Counter[str]":
    flying: dict[Future[Answer], Work] = {}
    counts: Counter[str] = Counter()
    while True:
        while not stopping.is_set() and (claimed := _claim(flying)):
            assert_no_transaction()
            flying |= {pool.submit(_call, work): work for work in claimed}
        if not flying:
            return counts
        done, _ = wait(flying, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            counts[_record(flying.pop(future), _answer(future))] += 1


def _claim(flying: dict["Future[Answer]", Work]) -> list[Work]:
    """As many as there are free slots. Of endpoints that fail or are slow at most half of all, and at least one."""
    slots = settings.WEBHOOK_SLOTS
    free, troubled = slots - len(flying), sum(work.troubled for work in flying.values())
    kept = int(slots > 1 and not troubled)
    claimed = claim(most=free - kept, troubled=False)
    room = min(free - len(claimed), max(slots // 2, 1) - troubled)
    return claimed + claim(most=room, troubled=True)


def _call(work: Work) -> Answer:
    return post(work.request) if work.request else UNSIGNED


def _answer(future: "Future[Answer]") -> Answer:
    """What came of a call. An error of ours is logged and counts as a failure: one delivery stops no other."""
    if error := future.exception():
        log.error("webhook_call_broken", exc_info=error)
        return BROKEN
    return future.result()


def _record(work: Work, answer: Answer) -> str:
    outcome = record_answer(work, answer)
    facts = {"delivery_id": work.delivery_id, "endpoint_id": work.endpoint_id, "outcome": outcome}
    log.info("webhook_called", extra={**facts, "status": answer.status, "milliseconds": answer.milliseconds})
    return outcome
