"""Call: hand the people of a marked batch over to the provider, in one call where it can be one."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from config.opaque import references
from config.sql import assert_no_transaction
from messaging.sending.claim import Person
from providers.http import Connection
from providers.interface import CallResult, Item, Outcome, Provider, Refused, RouteFault

# A call that was not made because the time of the hand-over was up: nothing left the house.
NOT_CALLED = Refused("route_down", "deadline", retryable=True)


class HandedOver(NamedTuple):
    """What became of each person, in their order, and what the provider asked for."""

    outcomes: list[Outcome]
    retry_after: float | None
    not_sent: bool
    slowed: bool
    route_fault: RouteFault | None
    note: str


def hand_over(
    provider: Provider,
    connection: Connection,
    people: Sequence[Person],
    *,
    sender: str,
    attempt: int,
    max_batch: int,
    deadline_seconds: float,
) -> HandedOver:
    """Call the provider for everybody, at most `max_batch` a call; a call refused for one of its items is halved.

    No transaction may be open (TransactionOpen otherwise, and then nothing was called). No byte is ever sent twice:
    only what the provider explicitly refused as a whole is handed over again, in halves. After a call that was unsure,
    or that asks us to wait, no further call is made.
    """
    assert_no_transaction()
    marks = references([person.recipient_id for person in people], attempt=attempt)
    items = [Item(mark, person.phone, person.text, sender) for mark, person in zip(marks, people, strict=True)]
    ends = time.monotonic() + deadline_seconds
    size = min(max_batch, provider.capabilities.max_batch)
    todo = [items[at : at + size] for at in range(0, len(items), size)]
    calls: list[CallResult] = []
    outcomes: list[Outcome] = []
    while todo:
        part = todo.pop(0)
        left = ends - time.monotonic()
        if left <= 0 or (calls and _stops(calls[-1])):
            outcomes += [NOT_CALLED] * len(part)
            continue
        result = provider.submit(connection, part, deadline_seconds=left)
        calls.append(result)
        if result.split:
            half = len(part) // 2
            todo[:0] = [part[:half], part[half:]]
            continue
        outcomes += result.outcomes
    return _summary(outcomes, calls)


def _stops(result: CallResult) -> bool:
    """Whether to make no further call in this hand-over: the connection is spent, or the provider wants a rest."""
    return result.raw_status is None or result.not_sent or bool(result.route_fault) or result.raw_status >= 500


def _summary(outcomes: list[Outcome], calls: list[CallResult]) -> HandedOver:
    waits = [result.retry_after for result in calls if result.retry_after is not None]
    return HandedOver(
        outcomes=outcomes,
        retry_after=max(waits, default=None),
        not_sent=all(result.not_sent for result in calls),
        slowed=any(result.raw_status == 429 for result in calls),
        route_fault=next((result.route_fault for result in calls if result.route_fault), None),
        note="; ".join(dict.fromkeys(result.note for result in calls if result.note))[:300],
    )
