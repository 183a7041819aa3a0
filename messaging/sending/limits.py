"""How fast may we send: parts per second of a provider account and of a store, shared by all workers through Redis.

A bucket fills at the rate and holds one second's worth. A hand-over takes its parts at once and may leave the bucket in
debt; whoever comes next waits until it is paid. So batches larger than a second's worth pass, and the average holds.
After a 429 the account's rate is halved, and recovers by a tenth of the full rate every ten seconds.
Without Redis every process keeps to LIMIT_LOCAL_RATE by itself, or to what was agreed if that is slower.
"""

import logging
import threading
import time
from typing import NamedTuple

from django.conf import settings
from redis.exceptions import RedisError

from config.redis import client

log = logging.getLogger(__name__)

# KEYS: one bucket each. ARGV: parts, longest wait in seconds, then per bucket its full rate and its key of the share.
# A bucket is the hash {tokens, at}; the clock is Redis's own. Returns the wait; beyond the longest nothing is taken.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local parts, longest, wait, found = tonumber(ARGV[1]), tonumber(ARGV[2]), 0, {}
for n, key in ipairs(KEYS) do
    local full = tonumber(ARGV[1 + 2 * n])
    local cut = redis.call('HMGET', ARGV[2 + 2 * n], 'share', 'at')
    local share = tonumber(cut[1]) or 1
    if share < 1 then share = math.min(1, share + 0.1 * math.floor((now - tonumber(cut[2])) / 10)) end
    local rate = math.max(full * share, 1)
    local bucket = redis.call('HMGET', key, 'tokens', 'at')
    local tokens, at = tonumber(bucket[1]) or rate, tonumber(bucket[2]) or now
    tokens = math.min(rate, tokens + math.max(now - at, 0) * rate)
    if tokens < 0 then wait = math.max(wait, -tokens / rate) end
    found[n] = tokens
end
if wait <= longest then
    for n, key in ipairs(KEYS) do
        redis.call('HSET', key, 'tokens', found[n] - parts, 'at', now)
        redis.call('EXPIRE', key, 3600)
    end
end
return tostring(wait)
"""
# KEYS: the share. Halves what is in force, at most once a second: many workers hear of the same 429.
HALVE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local cut = redis.call('HMGET', KEYS[1], 'share', 'at')
local share, at = tonumber(cut[1]) or 1, tonumber(cut[2]) or 0
if now - at < 1 then return tostring(share) end
share = math.min(1, share + 0.1 * math.floor((now - at) / 10))
share = math.max(share / 2, 0.01)
redis.call('HSET', KEYS[1], 'share', share, 'at', now)
redis.call('EXPIRE', KEYS[1], 600)
return tostring(share)
"""


class Lane(NamedTuple):
    """What a hand-over is counted against. Rates are parts per second; a store's rate of 0 is no limit."""

    account_id: int
    account_rate: int
    store_id: int
    store_rate: int


class _Local:
    """The slow rate of one process while Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, lane: Lane, *, parts: int, longest: float) -> float:
        rate = min(settings.LIMIT_LOCAL_RATE, lane.account_rate, lane.store_rate or lane.account_rate)
        with self._lock:
            now = time.monotonic()
            wait = max(self._free_at - now, 0.0)
            if wait <= longest:
                self._free_at = max(self._free_at, now) + parts / max(rate, 1)
            return wait


_local = _Local()


def take(lane: Lane, *, parts: int, longest_wait: float) -> float:
    """Seconds to wait before `parts` may be handed over.

    Up to `longest_wait` they are taken now and the caller waits; beyond it nothing is taken, come back later.
    """
    buckets = [(f"limit:account:{lane.account_id}", lane.account_rate, f"limit:share:{lane.account_id}")]
    if lane.store_rate:
        buckets.append((f"limit:store:{lane.store_id}", lane.store_rate, "limit:share:none"))
    arguments = [value for _, rate, share in buckets for value in (rate, share)]
    try:
        wait = client().eval(TAKE, len(buckets), *[key for key, _, _ in buckets], parts, longest_wait, *arguments)
    except RedisError:
        log.warning("limiter_is_local", extra={"account_id": lane.account_id})
        return _local.take(lane, parts=parts, longest=longest_wait)
    return float(wait)


def slow_down(account_id: int) -> None:
    """The provider said 429: halve the account's rate for now."""
    try:
        share = float(client().eval(HALVE, 1, f"limit:share:{account_id}"))
    except RedisError:
        return
    log.warning("provider_slowed_us", extra={"account_id": account_id, "share": share})


def current_share(account_id: int) -> float:
    """The share of the account's full rate that is in force: 1.0 unless the provider slowed us. For people who look."""
    try:
        share, at = client().hmget(f"limit:share:{account_id}", "share", "at")
    except RedisError:
        return 0.0
    if share is None or at is None:
        return 1.0
    recovered = 0.1 * ((time.time() - float(at)) // 10)
    return min(1.0, float(share) + max(recovered, 0.0))
