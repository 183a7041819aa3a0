"""Quotas: exact in any window, counted once for all processes, kept up while Redis is away."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import time_machine
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import rates
from config.rates import Quota, RateLimited, rate_headers, take
from config.redis import client

pytestmark = pytest.mark.usefixtures("uncounted")
FIVE = Quota("send", 5, 60, "store:test")
TWO = Quota("general", 2, 60, "store:test")


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that nobody answers at, and a process that has counted nothing yet."""
    nowhere = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(rates, "client", lambda: nowhere)
    monkeypatch.setattr(rates, "_local", rates._Local())
    monkeypatch.setattr(rates, "_away_until", 0.0)


def passed(seconds: float) -> None:
    """Let so many seconds have passed: what is counted is times of Redis's clock."""
    for key in client().scan_iter("rate:*"):
        times = [float(at) - seconds * 1e6 for at in client().lrange(key, 0, -1)]
        client().delete(key)
        client().rpush(key, *[f"{at:.0f}" for at in times])


def test_five_pass_and_the_sixth_does_not() -> None:
    rests = [take([FIVE])[0].requests for _ in range(5)]

    assert rests == [4, 3, 2, 1, 0]
    with pytest.raises(RateLimited) as refused:
        take([FIVE])
    assert 59 <= refused.value.facts["retry_after"] <= 60
    assert refused.value.facts["limit"] == "send"


def test_what_is_refused_is_not_counted() -> None:
    for _ in range(5):
        take([FIVE])
    for _ in range(20):
        with pytest.raises(RateLimited):
            take([FIVE])
    passed(61)

    assert take([FIVE])[0].requests == 4


def test_no_window_holds_more_than_the_quota() -> None:
    for _ in range(3):
        take([FIVE])
    passed(50)
    for _ in range(2):
        take([FIVE])
    passed(11)

    assert [take([FIVE])[0].requests for _ in range(3)] == [2, 1, 0]
    with pytest.raises(RateLimited) as refused:
        take([FIVE])
    assert 48 <= refused.value.facts["retry_after"] <= 50


def test_a_request_counts_against_all_its_quotas_or_none() -> None:
    for _ in range(2):
        take([TWO, FIVE])
    with pytest.raises(RateLimited):
        take([TWO, FIVE])

    assert take([FIVE])[0].requests == 2


def test_others_have_quotas_of_their_own() -> None:
    for _ in range(2):
        take([TWO])

    assert take([TWO._replace(whose="store:other")])[0].requests == 1


def test_nothing_is_counted_without_a_limit() -> None:
    assert take([FIVE._replace(requests=0)]) == []
    assert not list(client().scan_iter("rate:*"))


def test_what_is_counted_is_forgotten_after_its_window() -> None:
    take([FIVE])

    assert 0 < client().ttl("rate:send:store:test") <= 60


def test_threads_at_once_share_the_quota() -> None:
    quota = FIVE._replace(requests=50)

    def one(_: int) -> bool:
        try:
            return bool(take([quota]))
        except RateLimited:
            return False

    with ThreadPoolExecutor(16) as pool:
        allowed = list(pool.map(one, range(120)))

    assert sum(allowed) == 50


def test_the_headers_say_quota_rest_and_time() -> None:
    left = [rates.Left(TWO, 1, 11.2), rates.Left(FIVE, 4, 60.0)]

    assert rate_headers(left) == {
        "RateLimit-Policy": '"general";q=2;w=60, "send";q=5;w=60',
        "RateLimit": '"general";r=1;t=12, "send";r=4;t=60',
    }
    assert rate_headers([]) == {}


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_process_keeps_to_the_same_quotas() -> None:
    with time_machine.travel(0, tick=False):
        rests = [take([TWO, FIVE])[0].requests for _ in range(2)]
        with pytest.raises(RateLimited):
            take([TWO, FIVE])

        assert rests == [1, 0]
        assert take([FIVE])[0].requests == 2


@pytest.mark.usefixtures("no_redis")
def test_a_redis_that_is_away_is_not_asked_by_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    take([FIVE])
    monkeypatch.setattr(rates, "client", lambda: pytest.fail("asked"))

    assert take([FIVE])[0].requests == 3
