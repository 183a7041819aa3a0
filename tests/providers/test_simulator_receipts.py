import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from providers.interface import Accepted, BadSignature, Item
from tests.providers.simulated import Simulator, Start, Webhook, eventually, items


@pytest.fixture
def start(tmp_path: Path, webhook: Webhook) -> Iterator[Start]:
    """Start a simulator whose receipts go to `webhook` at once; keywords are of the receipts' plan."""
    started: list[Simulator] = []

    def begin(*, plan: dict[str, Any] | None = None, **receipts: Any) -> Simulator:
        told = {"url": webhook.url, "secret": "hush", "delay": [0, 0], **receipts}
        started.append(Simulator(tmp_path / f"ledger-{len(started)}.jsonl", **(plan or {}), receipts=told))
        return started[-1]

    yield begin
    for simulator in started:
        simulator.stop(signal.SIGKILL)


@pytest.mark.parametrize("sign", ["token", "hmac", "both"])
def test_pushes_signed_receipts_in_batches(start: Start, webhook: Webhook, sign: str) -> None:
    simulator = start(sign=sign, batch=4)

    outcomes = simulator.submit(items(10)).outcomes

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 10)
    assert {each.provider_message_id for each in webhook.receipts()} == {
        outcome.provider_message_id for outcome in outcomes if isinstance(outcome, Accepted)
    }
    assert webhook.words() == ["Delivered"] * 10
    assert len(webhook.calls) == 3


@pytest.mark.parametrize("sign", ["none", "wrong"])
def test_can_sign_wrongly(start: Start, webhook: Webhook, sign: str) -> None:
    simulator = start(sign=sign)

    simulator.submit(items(1))

    assert eventually(lambda: len(webhook.calls) == 1)
    with pytest.raises(BadSignature):
        webhook.receipts()


@pytest.mark.parametrize(
    ("last_digits", "words"),
    [
        ("01", {"Delivered"}),
        ("02", {"Failure"}),
        ("03", {"Expired"}),
        ("06", {"Failure"}),
        ("08", {"Failure", "Delivered"}),
        ("09", {"Teleported"}),
        ("10", {"Buffered", "Delivered"}),
        ("11", {"Delivered"}),
        ("12", {"Sent"}),
    ],
)
def test_fixed_numbers_have_the_receipts_of_the_table(
    start: Start, webhook: Webhook, last_digits: str, words: set[str]
) -> None:
    simulator = start()

    simulator.submit([Item("r", f"+3069000000{last_digits}", "Hi", "SHOP")])

    assert eventually(lambda: simulator.summary()["receipts_sent"] == len(words))
    assert set(webhook.words()) == words


def test_a_blocked_number_says_why(start: Start, webhook: Webhook) -> None:
    simulator = start()

    simulator.submit([Item("r", "+306900000006", "Hi", "SHOP")])

    assert eventually(lambda: len(webhook.calls) == 1)
    assert [(each.status, each.error_class) for each in webhook.receipts()] == [("undelivered", "blocked_by_carrier")]


def test_a_silent_number_has_no_receipt(start: Start, webhook: Webhook) -> None:
    simulator = start()

    simulator.submit([Item("r", "+306900000005", "Hi", "SHOP"), *items(1)])

    assert eventually(lambda: len(webhook.receipts()) == 1)
    assert simulator.summary()["receipts_pending"] == 0


@pytest.mark.parametrize("echoes", [True, False])
def test_brings_our_reference_back_when_told_to(start: Start, webhook: Webhook, echoes: bool) -> None:
    simulator = start(plan={"echoes_reference": echoes})

    simulator.submit(items(1))

    assert eventually(lambda: len(webhook.calls) == 1)
    assert [each.reference for each in webhook.receipts()] == ["ref-0" if echoes else None]


def test_a_doubled_receipt_is_the_same_receipt(start: Start, webhook: Webhook) -> None:
    simulator = start(duplicate=1)

    simulator.submit(items(3))

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 6)
    assert len({each.dedupe for each in webhook.receipts()}) == 3


def test_a_dropped_receipt_can_still_be_looked_up(start: Start, webhook: Webhook) -> None:
    simulator = start(drop=1)

    (outcome,) = simulator.submit(items(1)).outcomes

    assert isinstance(outcome, Accepted)
    found = simulator.provider().lookup(outcome.provider_message_id)
    assert found is not None
    assert found.status == "delivered"
    assert (simulator.summary()["receipts_pending"], webhook.calls) == (0, [])


def test_says_more_than_one_thing_when_told_to(start: Start, webhook: Webhook) -> None:
    simulator = start(sent_first=1, contradict=1, unknown_word=1)

    simulator.submit(items(1))

    assert eventually(lambda: len(webhook.receipts()) == 4)
    assert sorted(webhook.words()) == ["Delivered", "Failure", "Sent", "Teleported"]


def test_shuffles_what_is_due(start: Start, webhook: Webhook) -> None:
    simulator = start(shuffle=True, delay=[60, 60], batch=1000)
    ids = [
        outcome.provider_message_id for outcome in simulator.submit(items(50)).outcomes if isinstance(outcome, Accepted)
    ]

    simulator.call("POST", "/_receipts/flush")

    came = [each.provider_message_id for each in webhook.receipts()]
    assert (came != ids, sorted(map(str, came))) == (True, sorted(ids))


def test_waits_for_the_delay(start: Start, webhook: Webhook) -> None:
    simulator = start(delay=[0.5, 0.6])
    simulator.submit(items(1))
    accepted = time.monotonic()

    assert eventually(lambda: len(webhook.calls) == 1)
    assert time.monotonic() - accepted > 0.4
    (receipt,) = webhook.receipts()
    assert receipt.at is not None
    assert abs(receipt.at - datetime.now(UTC)) < timedelta(seconds=5)


def test_flush_pushes_everything_now(start: Start, webhook: Webhook) -> None:
    simulator = start(delay=[60, 90])
    simulator.submit(items(5))
    before = simulator.summary()["receipts_pending"]

    _, after = simulator.call("POST", "/_receipts/flush")

    assert (before, after["receipts_pending"], after["receipts_sent"]) == (5, 0, 5)
    assert webhook.words() == ["Delivered"] * 5


def test_an_early_receipt_arrives_before_the_reply(start: Start, webhook: Webhook) -> None:
    simulator = start(early=True, delay=[60, 60])

    simulator.submit(items(2))

    assert webhook.words() == ["Delivered"] * 2


def test_tries_again_until_the_webhook_takes_it(start: Start, webhook: Webhook) -> None:
    webhook.statuses = [503, 401]
    simulator = start(retry=[0.1, 0.1, 0.1])

    simulator.submit(items(3))

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 3)
    assert len(webhook.calls) == 3
    assert len({each.dedupe for each in webhook.receipts()}) == 3


def test_gives_up_after_the_last_retry(start: Start, webhook: Webhook) -> None:
    webhook.statuses = [500] * 3
    simulator = start(retry=[0.1, 0.1])

    simulator.submit(items(2))

    assert eventually(lambda: simulator.summary()["receipts_given_up"] == 2)
    assert (len(webhook.calls), simulator.summary()["receipts_pending"]) == (3, 0)


def test_a_killed_process_delivers_what_was_pending_and_only_that(start: Start, webhook: Webhook) -> None:
    simulator = start()
    simulator.submit(items(2))
    assert eventually(lambda: simulator.summary()["receipts_sent"] == 2)
    simulator.call("PATCH", "/_plan", {"receipts": {"delay": [60, 60]}})
    simulator.submit(items(3, start=10))
    simulator.stop(signal.SIGKILL)

    simulator.start()

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 5)
    assert len({each.provider_message_id for each in webhook.receipts()}) == len(webhook.receipts()) == 5


def test_hands_an_inbound_message_on(start: Start, webhook: Webhook) -> None:
    simulator = start()
    content = {"from": "+306900000001", "to": "SHOP", "text": "STOP", "messageId": "in-1"}

    status, said = simulator.call("POST", "/_inbound", content)

    assert (status, said) == (200, {"webhook_status": 200})
    assert [orjson.loads(body) for _, body in webhook.calls] == [content]


def test_without_a_webhook_nothing_is_pending(start: Start) -> None:
    simulator = start(url=None)

    simulator.submit(items(2))

    assert simulator.summary()["receipts_pending"] == 0
    assert simulator.call("POST", "/_inbound", {})[1] == {"webhook_status": 0}
