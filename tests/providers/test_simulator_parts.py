"""The simulator's parts without a process: the ledger file, the schedule of receipts, the draws of a plan."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from providers.simulator.ledger import Ledger, Message
from providers.simulator.options import read_plan
from providers.simulator.plan import Choices, Plan, ReceiptPlan
from providers.simulator.schedule import Schedule, due_receipts, pack, unpack

CALL: dict[str, Any] = {"fault": "ok", "items": 1, "refused": 0, "processed": True, "answered": True}


def message(reference: str | None = "r", destination: str = "+306910000001", text: str = "Hi") -> Message:
    return {
        "type": "accepted", "message_id": "", "reference": reference, "destination": destination, "sender": "SHOP",
        "text": text, "parts": 2, "fate": "delivered", "account": "a", "at": 1000.0,
    }  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[Ledger]:
    with closing(Ledger(path)) as ledger:
        yield ledger


def test_numbers_go_on_across_calls_and_processes(tmp_path: Path) -> None:
    with opened(tmp_path / "l") as ledger:
        first = [
            ledger.accept([message(), message("s")], CALL, fsync=True),
            ledger.accept([message()], CALL, fsync=False),
        ]
    with opened(tmp_path / "l") as ledger:
        then = ledger.accept([message("t")], CALL, fsync=False)

        assert (first, then, len(ledger)) == ([0, 2], 3, 4)
        assert ledger.message(3)["reference"] == "t"


def test_a_message_is_found_by_its_id_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "l") as ledger:
        kept = [message(str(n), text="ψ" * 5000 * n) for n in range(3)]
        ledger.accept(kept, CALL, fsync=False)

        found = [ledger.find(each["message_id"]) for each in kept]

        assert [each and (each[0], each[1]["reference"]) for each in found] == [(0, "0"), (1, "1"), (2, "2")]
        assert len(found[2][1]["text"]) == 10_000  # type: ignore[index]


def test_the_summary_is_the_same_after_reading_the_file_again(tmp_path: Path) -> None:
    lost = {**CALL, "fault": "drop_after", "answered": False}
    never = {"fault": "500", "items": 4, "refused": 0, "processed": False, "answered": False, "accepted": 0}
    with opened(tmp_path / "l") as ledger:
        ledger.accept([message(), message(None)], CALL, fsync=False)
        ledger.accept([message()], lost, fsync=False)
        ledger.note("call", never)
        ledger.note("receipts", {"sent": [pack(0, 1), pack(1, 1)]})
        ledger.note("given_up", {"receipts": 3})
        before = ledger.summary()
    with opened(tmp_path / "l") as ledger:
        assert ledger.summary() == before
        assert (ledger.said(0, 1), ledger.said(0, 2), ledger.said(2, 1)) == (True, False, False)
    assert before == {
        "accepted": 3,
        "duplicates": 1,
        "without_reference": 1,
        "by_destination_duplicates": 1,
        "faults": {"ok": 1, "drop_after": 1, "500": 1},
        "parts": 6,
        "calls": 3,
        "refused": 0,
        "processed_unanswered": 1,
        "processed_unanswered_items": 1,
        "unprocessed_unanswered": 1,
        "unprocessed_unanswered_items": 4,
        "receipts_sent": 2,
        "receipts_given_up": 3,
    }


def test_a_reference_accepted_three_times_is_one_duplicate(tmp_path: Path) -> None:
    with opened(tmp_path / "l") as ledger:
        for destination in ("+306910000001", "+306910000002", "+306910000003"):
            ledger.accept([message("r", destination)], CALL, fsync=False)

        assert (ledger.summary()["duplicates"], ledger.summary()["by_destination_duplicates"]) == (1, 0)


def test_lines_are_whole_and_only_acceptances(tmp_path: Path) -> None:
    with opened(tmp_path / "l") as ledger:
        for _ in range(3):
            ledger.accept([message(text="x" * 300_000) for _ in range(3)], CALL, fsync=False)

        accepted = b"".join(ledger.lines(everything=False)).splitlines()
        everything = b"".join(ledger.lines(everything=True)).splitlines()

        assert Counter(json.loads(line)["type"] for line in accepted) == {"accepted": 9}
        assert Counter(json.loads(line)["type"] for line in everything) == {"accepted": 9, "call": 3}


def due(plan: ReceiptPlan, fate: str = "delivered", *, count: int = 2000) -> list[tuple[float, int]]:
    return [each for n in range(count) for each in due_receipts(plan, 1, n, {**message(), "fate": fate})]


@pytest.mark.parametrize(
    ("plan", "least", "most"),
    [
        (ReceiptPlan(), 2000, 2000),
        (ReceiptPlan(drop=0.5), 850, 1150),
        (ReceiptPlan(duplicate=0.25), 2400, 2600),
        (ReceiptPlan(sent_first=0.1), 2130, 2270),
        (ReceiptPlan(contradict=0.1), 2130, 2270),
        (ReceiptPlan(unknown_word=1), 4000, 4000),
        (ReceiptPlan(drop=1), 0, 0),
    ],
)
def test_probabilities_are_shares(plan: ReceiptPlan, least: int, most: int) -> None:
    assert least <= len(due(plan)) <= most


def test_times_are_spread_over_the_delay() -> None:
    times = [at - 1000.0 for at, _ in due(ReceiptPlan(delay=(10, 20)))]

    assert all(10 <= time <= 20 for time in times)
    assert 14.5 < sum(times) / len(times) < 15.5
    assert (min(times) < 10.2, max(times) > 19.8) == (True, True)


def test_the_same_message_always_gets_the_same_receipts() -> None:
    plan = ReceiptPlan(drop=0.2, duplicate=0.3, contradict=0.3, sent_first=0.4)

    assert due(plan) == due(plan)


def test_a_receipt_is_one_integer() -> None:
    assert unpack(pack(1_234_567, 6)) == (1_234_567, 6)


def test_the_schedule_gives_out_what_is_due_in_order() -> None:
    schedule = Schedule()
    schedule.add([(5.0, 50), (1.0, 10), (3.0, 30), (1.01, 11)])

    first, rest = schedule.take(3.0), len(schedule)

    assert (first, rest, schedule.take(), len(schedule)) == ([10, 11, 30], 1, [50], 0)


def test_faults_come_as_often_as_planned_and_scripts_come_first() -> None:
    choices = Choices(Plan(seed=2, faults={"429": 0.2, "500": 0.1}, script={"1": "html", "2": "ok"}))

    drawn = [choices.next_call()[0] for _ in range(2000)]

    assert drawn[:2] == ["html", "ok"]
    counts = Counter(drawn)
    assert (350 < counts["429"] < 450, 150 < counts["500"] < 250) == (True, True)


def test_fates_come_as_often_as_planned() -> None:
    choices = Choices(Plan(outcomes={"delivered": 9, "undelivered": 1}))

    counts = Counter(choices.fates([f"+3069100{n:05}" for n in range(2000)]))

    assert 1730 < counts["delivered"] < 1870


def test_a_plan_comes_from_json_a_file_or_a_seed(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"seed": 4, "latency_ms": [1, 2]}')

    plans = [read_plan(str(tmp_path / "plan.json"), None), read_plan('{"seed": 4}', 5), read_plan(None, 6)]

    found = [(plan.seed, plan.latency_ms) for plan in plans if plan]
    assert found == [(4, (1, 2)), (5, (0, 0)), (6, (0, 0))]
    assert read_plan(None, None) is None
