"""The call: one where it can be one, in halves where it must, and never inside a transaction."""

import random
import time
from collections.abc import Sequence
from itertools import count

import pytest
from django.db import transaction

from config.opaque import recipient_of
from config.sql import TransactionOpen
from messaging.sending.call import HandedOver, hand_over
from messaging.sending.claim import Person
from providers.interface import Accepted, AccountConfig, Refused, Unsure
from providers.mitto import Mitto
from tests.simulator import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
# The simulator's ledger is of the whole session: each test has numbers of its own.
numbers = count(random.randrange(10_000_000, 80_000_000))


@pytest.fixture
def people() -> list[Person]:
    """Eight recipients with numbers that nobody else has."""
    return [Person(number, f"+3069{number:08d}", f"Hello {n}", 1) for n, number in zip(range(8), numbers, strict=False)]


def handed(simulator: Simulator, people: Sequence[Person], *, max_batch: int = 100, seconds: float = 5.0) -> HandedOver:
    credentials = {"api_key": "k", "traffic_account_id": "t"}
    provider = Mitto(AccountConfig(simulator.url, credentials, {"echoes_reference": True}))
    return hand_over(
        provider,
        provider.connect(5),
        people,
        sender="Shop",
        attempt=3,
        max_batch=max_batch,
        deadline_seconds=seconds,
    )


def received(simulator: Simulator, people: Sequence[Person]) -> list[str]:
    phones = {person.phone for person in people}
    return [item["destination"] for item in simulator.received() if item["destination"] in phones]


def test_one_call_for_everybody_in_their_order(simulator: Simulator, people: list[Person]) -> None:
    before = simulator.ledger()["calls"]

    result = handed(simulator, people)

    assert [type(outcome) for outcome in result.outcomes] == [Accepted] * 8
    assert simulator.ledger()["calls"] - before == 1
    assert received(simulator, people) == [person.phone for person in people]


def test_each_item_carries_recipient_and_attempt_in_its_reference(simulator: Simulator, people: list[Person]) -> None:
    handed(simulator, people)

    by_phone = {item["destination"]: item for item in simulator.received()}
    assert [recipient_of(by_phone[person.phone]["reference"]) for person in people] == [
        (person.recipient_id, 3) for person in people
    ]
    assert by_phone[people[2].phone]["text"] == "Hello 2"


def test_no_call_is_larger_than_the_account_takes(simulator: Simulator, people: list[Person]) -> None:
    before = simulator.ledger()["calls"]

    result = handed(simulator, people, max_batch=3)

    assert (simulator.ledger()["calls"] - before, len(result.outcomes)) == (3, 8)
    assert all(isinstance(outcome, Accepted) for outcome in result.outcomes)


def test_a_bad_item_is_found_by_halving_and_nobody_gets_it_twice(simulator: Simulator, people: list[Person]) -> None:
    people[5] = people[5]._replace(text="")  # the simulator refuses the whole call for it

    result = handed(simulator, people)

    assert isinstance(result.outcomes[5], Refused)
    assert not result.outcomes[5].retryable
    assert [n for n, outcome in enumerate(result.outcomes) if isinstance(outcome, Accepted)] == [0, 1, 2, 3, 4, 6, 7]
    assert sorted(received(simulator, people)) == sorted(person.phone for person in people if person != people[5])


def test_all_bad_items_end_refused(simulator: Simulator, people: list[Person]) -> None:
    result = handed(simulator, [person._replace(text="") for person in people])

    assert [outcome.code for outcome in result.outcomes if isinstance(outcome, Refused)] == ["400"] * 8
    assert received(simulator, people) == []


def test_after_an_unsure_call_no_further_call_is_made(simulator: Simulator, people: list[Person]) -> None:
    simulator.plan(script={"1": "ok", "2": "drop_after"})

    result = handed(simulator, people, max_batch=2)

    kinds = [type(outcome) for outcome in result.outcomes]
    assert kinds == [Accepted] * 2 + [Unsure] * 2 + [Refused] * 4
    assert {outcome.code for outcome in result.outcomes if isinstance(outcome, Refused)} == {"deadline"}
    assert not result.not_sent
    assert len(received(simulator, people)) == 4


def test_a_provider_that_wants_a_rest_gets_it(simulator: Simulator, people: list[Person]) -> None:
    simulator.plan(script={"1": "429"}, retry_after=7)

    result = handed(simulator, people, max_batch=2)

    assert (result.retry_after, result.slowed, result.not_sent) == (7.0, True, True)
    assert all(isinstance(outcome, Refused) and outcome.retryable for outcome in result.outcomes)
    assert received(simulator, people) == []


def test_a_refused_account_is_named(simulator: Simulator, people: list[Person]) -> None:
    simulator.plan(script={"1": "401"})

    result = handed(simulator, people)

    assert (result.route_fault, result.not_sent) == ("credentials", True)


def test_the_deadline_is_of_the_whole_hand_over(simulator: Simulator, people: list[Person]) -> None:
    simulator.plan(script={"1": "drip"})
    began = time.monotonic()

    result = handed(simulator, people, max_batch=2, seconds=0.6)

    assert time.monotonic() - began < 2
    assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 2 + [Refused] * 6


def test_without_time_nothing_is_called(simulator: Simulator, people: list[Person]) -> None:
    result = handed(simulator, people, seconds=0)

    assert result.not_sent
    assert all(outcome == Refused("route_down", "deadline", retryable=True) for outcome in result.outcomes)
    assert received(simulator, people) == []


def test_inside_a_transaction_it_raises_and_calls_nobody(simulator: Simulator, people: list[Person]) -> None:
    before = simulator.ledger()["calls"]

    with transaction.atomic(), pytest.raises(TransactionOpen):
        handed(simulator, people)

    assert simulator.ledger()["calls"] == before
