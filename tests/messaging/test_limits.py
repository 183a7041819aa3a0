"""The pace: parts per second of an account and of a store, over all workers, whatever Redis does."""

import time
from collections.abc import Iterator

import pytest
import redis
from pytest_django.fixtures import Settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from campaigns.models import SendBatch
from config.redis import client
from messaging.models import ProviderAccount
from messaging.sending import limits
from messaging.sending.limits import Lane, current_share, slow_down, take
from messaging.sending.sender import send_batch
from tests.factories import ProviderAccountFactory
from tests.races import at_once
from tests.simulator import Simulator
from tests.steps import launched, statuses

LANE = Lane(account_id=901, account_rate=100, store_id=902, store_rate=0)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Buckets of these tests only, full at the start."""
    forget()
    yield
    forget()


def forget() -> None:
    """Empty this test's Redis of limits."""
    for key in client().scan_iter("limit:*"):
        client().delete(key)


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that nobody answers at, and a process that has sent nothing yet."""
    nowhere = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(limits, "client", lambda: nowhere)
    monkeypatch.setattr(limits, "_local", limits._Local())


def passed(seconds: float, *, account_id: int = LANE.account_id) -> None:
    """Let so many seconds have passed for the account: its clock is what it keeps in Redis."""
    for key in (f"limit:account:{account_id}", f"limit:share:{account_id}"):
        at = client().hget(key, "at")
        if at is not None:
            client().hset(key, "at", float(at) - seconds)


def test_a_seconds_worth_may_leave_at_once() -> None:
    assert [take(LANE, parts=50, longest_wait=0) for _ in range(2)] == [0.0, 0.0]


def test_more_than_a_second_holds_passes_and_is_paid_for_by_the_next() -> None:
    assert take(LANE, parts=300, longest_wait=0) == 0.0

    assert take(LANE, parts=1, longest_wait=0) == pytest.approx(2.0, abs=0.1)


def test_a_refusal_takes_nothing() -> None:
    take(LANE, parts=300, longest_wait=0)

    waits = [take(LANE, parts=100, longest_wait=1) for _ in range(5)]

    assert waits == [pytest.approx(2.0, abs=0.1)] * 5


def test_who_may_wait_has_taken_and_the_next_waits_longer() -> None:
    take(LANE, parts=200, longest_wait=0)

    waits = [take(LANE, parts=50, longest_wait=5) for _ in range(2)]

    assert waits == [pytest.approx(1.0, abs=0.1), pytest.approx(1.5, abs=0.1)]


def test_debt_is_paid_by_time() -> None:
    take(LANE, parts=300, longest_wait=0)
    passed(1.5)
    assert take(LANE, parts=1, longest_wait=0) == pytest.approx(0.5, abs=0.1)

    passed(0.6)
    assert take(LANE, parts=1, longest_wait=0) == 0.0


def test_a_quiet_hour_saves_up_no_more_than_a_second() -> None:
    take(LANE, parts=1, longest_wait=0)
    passed(3600)

    taken = sum(take(LANE, parts=10, longest_wait=0) == 0 for _ in range(50))

    assert taken == pytest.approx(11, abs=1)  # the tenth empties it, the eleventh runs into debt


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_rate_holds_over_time_with_many_workers() -> None:
    began = time.monotonic()

    def worker(_: int) -> int:
        parts = 0
        while parts < 50:
            wait = take(LANE, parts=5, longest_wait=0)
            if wait:
                time.sleep(min(wait, 0.05))
            else:
                parts += 5
        return parts

    taken = [answer for answer in at_once(6, worker) if isinstance(answer, int)]

    assert taken == [50] * 6
    # 300 parts at 100 a second; the bucket held one second of them, and the last five may be owed.
    # Far above it only a wait that is far too long is seen, not a busy machine.
    assert 1.9 <= time.monotonic() - began < 20


def test_accounts_do_not_share_a_pace() -> None:
    take(LANE, parts=300, longest_wait=0)

    assert take(LANE._replace(account_id=903), parts=100, longest_wait=0) == 0.0


def test_a_stores_limit_holds_over_all_its_accounts() -> None:
    lane = LANE._replace(account_rate=10_000, store_rate=10)
    take(lane, parts=30, longest_wait=0)

    assert take(lane._replace(account_id=903), parts=1, longest_wait=0) == pytest.approx(2.0, abs=0.1)
    assert take(lane._replace(store_id=904), parts=1, longest_wait=0) == 0.0


def test_what_the_store_refuses_is_not_taken_from_the_account() -> None:
    lane = LANE._replace(store_rate=10)
    take(lane, parts=30, longest_wait=0)
    for _ in range(9):
        take(lane, parts=50, longest_wait=0)

    assert take(LANE._replace(store_id=904), parts=70, longest_wait=0) == 0.0


def test_a_429_halves_the_pace_once_for_all_who_hear_it() -> None:
    for _ in range(5):
        slow_down(LANE.account_id)

    assert current_share(LANE.account_id) == 0.5
    take(LANE, parts=150, longest_wait=0)  # 50 are there at half the rate
    assert take(LANE, parts=1, longest_wait=0) == pytest.approx(2.0, abs=0.1)


def test_another_429_halves_again_but_never_to_nothing() -> None:
    for _ in range(12):
        slow_down(LANE.account_id)
        passed(1.1)

    assert current_share(LANE.account_id) == 0.01
    assert take(LANE, parts=1, longest_wait=0) == 0.0


def test_the_pace_recovers_by_a_tenth_every_ten_seconds() -> None:
    slow_down(LANE.account_id)

    shares = []
    for _ in range(6):
        passed(10.05)
        shares.append(round(current_share(LANE.account_id), 2))

    assert shares == [0.6, 0.7, 0.8, 0.9, 1.0, 1.0]
    take(LANE, parts=200, longest_wait=0)
    assert take(LANE, parts=1, longest_wait=0) == pytest.approx(1.0, abs=0.1)


def test_an_account_that_nobody_slowed_has_its_whole_share() -> None:
    assert current_share(905) == 1.0


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_process_keeps_to_its_own_slow_pace(settings: Settings) -> None:
    settings.LIMIT_LOCAL_RATE = 20

    waits = [take(LANE, parts=10, longest_wait=60) for _ in range(3)]

    assert waits == [0.0, pytest.approx(0.5, abs=0.1), pytest.approx(1.0, abs=0.1)]
    assert take(LANE, parts=10, longest_wait=1) == pytest.approx(1.5, abs=0.1)
    assert current_share(LANE.account_id) == 0.0


@pytest.mark.usefixtures("no_redis")
@pytest.mark.parametrize("lane", [LANE._replace(account_rate=5), LANE._replace(store_rate=5)])
def test_without_redis_nobody_is_faster_than_agreed(lane: Lane) -> None:
    take(lane, parts=10, longest_wait=0)

    assert take(lane, parts=1, longest_wait=0) == pytest.approx(2.0, abs=0.1)


@pytest.mark.usefixtures("no_redis")
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_redis_threads_share_the_slow_pace(settings: Settings) -> None:
    settings.LIMIT_LOCAL_RATE = 20

    answers = at_once(4, lambda _: take(LANE, parts=10, longest_wait=60))

    waits = sorted(answer for answer in answers if isinstance(answer, float))
    assert waits == [pytest.approx(number / 2, abs=0.2) for number in range(4)]


@pytest.mark.django_db
def test_a_batch_that_the_limit_puts_off_is_delayed_and_not_failed(simulator: Simulator) -> None:
    account = ProviderAccountFactory.create(base_url=simulator.url, parts_per_second=1)
    campaign = launched(people=30)
    before = simulator.ledger()["accepted"]
    send_batch()  # 20, and 19 seconds of debt

    assert send_batch() == {"again": 10}

    batch = SendBatch.objects.get(campaign=campaign, state="ready")
    assert (batch.spent, batch.claims, batch.attempt) == (0, 0, 0)
    assert (batch.ready_at - batch.created_at).total_seconds() == pytest.approx(19, abs=2)
    assert statuses(campaign) == {"sent": 20, "pending": 10}
    assert simulator.ledger()["accepted"] - before == 20
    forget_account(account)


def forget_account(account: ProviderAccount) -> None:
    """Its bucket must not wait for another test's account with the same number."""
    client().delete(f"limit:account:{account.pk}", f"limit:share:{account.pk}")


@pytest.mark.django_db
def test_a_429_slows_the_account_and_costs_no_attempt(simulator: Simulator) -> None:
    account = ProviderAccountFactory.create(base_url=simulator.url)
    simulator.plan(script={"1": "429"}, retry_after=7)
    campaign = launched(people=2)

    send_batch()

    batch = SendBatch.objects.get(campaign=campaign)
    assert current_share(account.pk) == 0.5
    assert (batch.state, batch.spent, batch.attempt) == ("ready", 0, 1)
    assert batch.settled_at
    assert (batch.ready_at - batch.settled_at).total_seconds() >= 7
    assert statuses(campaign) == {"pending": 2}
