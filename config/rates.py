"""How often something may be asked: at most so many requests in any window, counted for all processes in Redis.

A log of times per counter, so the promise is exact: there is no window of that length with more requests in it. (A
counter that starts anew lets twice as many pass around its border.) One script asks and counts, for several quotas at
once: a request counts everywhere or nowhere, and a refused one nowhere.
Without Redis each process keeps to the same quotas by itself: the API goes on, at worst faster by the number of
processes.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from redis.exceptions import RedisError

from config.problems import Problem
from config.redis import client

log = logging.getLogger(__name__)
AWAY_SECONDS = 5.0  # Redis is not asked again so soon: its time-out must not be paid by every request

# KEYS: a list of times each, in microseconds of Redis's clock. ARGV: quota and window in microseconds of each.
# Returns, per list: how many requests are in the window, and microseconds until the oldest leaves it. Counted when -
# and only when - there is room in all: the first value returned is 1 then.
TAKE = """
local clock = redis.call('TIME')
local now, free, found = clock[1] * 1000000 + clock[2], 1, {}
for n, key in ipairs(KEYS) do
    local quota, window = tonumber(ARGV[2 * n - 1]), tonumber(ARGV[2 * n])
    local oldest = redis.call('LINDEX', key, 0)
    while oldest and tonumber(oldest) <= now - window do
        redis.call('LPOP', key)
        oldest = redis.call('LINDEX', key, 0)
    end
    local count = redis.call('LLEN', key)
    if count >= quota then free = 0 end
    found[n] = {count, oldest and tonumber(oldest) + window - now or window}
end
local answer = {free}
for n, key in ipairs(KEYS) do
    if free == 1 then
        redis.call('RPUSH', key, string.format('%.0f', now))
        redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 * n]) / 1000))
    end
    answer[2 * n], answer[2 * n + 1] = found[n][1] + free, found[n][2]
end
return answer
"""


class Quota(NamedTuple):
    """At most `requests` in any `seconds`, by whoever shares the counter `whose`. 0 requests: no limit."""

    name: str
    requests: int
    seconds: int
    whose: str


class Left(NamedTuple):
    """What is left of a quota, and seconds until there is more."""

    quota: Quota
    requests: int
    seconds: float


class RateLimited(Problem):
    """Too many requests: come back after `retry_after` seconds."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, left: Sequence[Left] = ()) -> None:
        empty = [one for one in left if not one.requests]
        wait = max((one.seconds for one in empty), default=1.0)
        super().__init__(retry_after=max(math.ceil(wait), 1), limit=empty[0].quota.name if empty else "")
        self.headers = rate_headers(left)


class _Local:
    """The same logs in this process, for as long as Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, deque[float]] = {}

    def take(self, quotas: Sequence[Quota]) -> tuple[bool, list[Left]]:
        with self._lock:
            now = time.monotonic()
            logs = [self._log(quota, now=now) for quota in quotas]
            free = all(len(times) < quota.requests for times, quota in zip(logs, quotas, strict=True))
            if free:
                for times in logs:
                    times.append(now)
            return free, [
                Left(quota, quota.requests - len(times), (times[0] if times else now) + quota.seconds - now)
                for times, quota in zip(logs, quotas, strict=True)
            ]

    def _log(self, quota: Quota, *, now: float) -> deque[float]:
        if len(self._times) > 10_000:  # many stores, long without Redis: forgetting lets requests pass, no more
            self._times.clear()
        times = self._times.setdefault(_key(quota), deque())
        while times and times[0] <= now - quota.seconds:
            times.popleft()
        return times


_local = _Local()
_away_until = 0.0


def take(quotas: Sequence[Quota]) -> list[Left]:
    """Count a request against all quotas, and say what is left of each that limits.

    Raises RateLimited when one of them is used up; then it is counted against none.
    """
    limiting = [quota for quota in quotas if quota.requests > 0]
    if not limiting:
        return []
    free, left = _ask(limiting)
    if not free:
        raise RateLimited(left)
    return left


def _ask(quotas: Sequence[Quota]) -> tuple[bool, list[Left]]:
    global _away_until
    if time.monotonic() < _away_until:
        return _local.take(quotas)
    arguments = [value for quota in quotas for value in (quota.requests, quota.seconds * 1_000_000)]
    try:
        free, *found = client().eval(TAKE, len(quotas), *map(_key, quotas), *arguments)
    except RedisError:
        log.warning("rates_are_local")
        _away_until = time.monotonic() + AWAY_SECONDS
        return _local.take(quotas)
    pairs = zip(quotas, found[::2], found[1::2], strict=True)
    return bool(free), [Left(quota, max(quota.requests - count, 0), wait / 1e6) for quota, count, wait in pairs]


def _key(quota: Quota) -> str:
    return f"rate:{quota.name}:{quota.whose}"


def rate_headers(left: Sequence[Left]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): quota, window; rest, time."""
    if not left:
        return {}
    policies = [f'"{quota.name}";q={quota.requests};w={quota.seconds}' for quota, _, _ in left]
    rests = [f'"{quota.name}";r={rest};t={max(math.ceil(seconds), 0)}' for quota, rest, seconds in left]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(rests)}
