import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from providers.interface import Accepted
from tests.flows.stack import eventually
from tests.providers.simulated import Start, items


def test_a_killed_process_goes_on_from_its_ledger(start: Start) -> None:
    simulator = start(receipts={"delay": [0, 0]})
    (accepted,) = simulator.submit(items(1)).outcomes
    assert isinstance(accepted, Accepted)
    simulator.stop(signal.SIGKILL)

    simulator.start()

    simulator.submit(items(2))
    found = simulator.provider().lookup(accepted.provider_message_id)
    assert found is not None
    assert found.status == "delivered"
    assert (simulator.summary()["accepted"], simulator.summary()["duplicates"]) == (3, 1)


def test_half_a_line_at_the_end_is_cut_off(start: Start) -> None:
    simulator = start()
    simulator.submit(items(2))
    simulator.stop(signal.SIGKILL)
    with simulator.ledger.open("ab") as ledger:
        ledger.write(b'{"type":"accepted","message_id":"01')

    simulator.start()
    simulator.submit(items(1, start=5))

    assert [line["reference"] for line in simulator.lines()] == ["ref-0", "ref-1", "ref-5"]


def test_the_last_plan_is_followed_after_a_restart(start: Start) -> None:
    simulator = start()
    simulator.call("PUT", "/_plan", {"seed": 5, "faults": {"400": 1}})
    simulator.stop(signal.SIGKILL)

    simulator.start(with_plan=False)

    assert simulator.submit(items(1)).raw_status == 400


def test_a_plan_is_replaced_and_changed(start: Start) -> None:
    simulator = start(seed=3, receipts={"batch": 9})

    changed = simulator.call("PATCH", "/_plan", {"echoes_reference": True, "receipts": {"duplicate": 0.5}})[1]
    replaced = simulator.call("PUT", "/_plan", {"max_batch": 1})[1]

    assert (changed["seed"], changed["echoes_reference"]) == (3, True)
    assert (changed["receipts"]["batch"], changed["receipts"]["duplicate"]) == (9, 0.5)
    assert (replaced["seed"], replaced["echoes_reference"], replaced["receipts"]["batch"]) == (1, False, 200)
    assert simulator.submit(items(2)).raw_status == 413


@pytest.mark.parametrize(
    "plan",
    [
        {"faultz": {}},
        {"faults": {"meteor": 1}},
        {"faults": {"400": 0.7, "429": 0.7}},
        {"script": {"1": "meteor"}},
        {"outcomes": {"teleported": 1}},
        {"outcomes": {}},
        {"receipts": {"sign": "maybe"}},
        {"receipts": {"delay": [2, 1]}},
        {"receipts": {"batch": 0}},
        {"receipts": {"url": "ftp://h"}},
        {"receipts": 7},
        {"faults": 7},
        [],
        None,
    ],
)
def test_a_plan_that_cannot_be_followed_changes_nothing(start: Start, plan: object) -> None:
    simulator = start(seed=11)

    status, said = simulator.call("PUT", "/_plan", plan)

    assert (status, "message" in said) == (422, True)
    assert simulator.call("GET", "/_plan")[1]["seed"] == 11


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once_and_cleanly_also_while_a_call_hangs(start: Start, number: int) -> None:
    simulator = start(faults={"hang_before": 1})
    simulator.submit(items(1), deadline_seconds=0.2)
    began = time.monotonic()

    assert simulator.stop(number) == 0
    assert time.monotonic() - began < 2


def test_an_idle_connection_is_closed(start: Start) -> None:
    simulator = start(idle_seconds=0.2)
    connection = simulator.provider().connect(2)

    eventually(lambda: not connection.is_fresh(), seconds=3, what="it is closed")  # after 3.5 nobody would use it


@pytest.mark.parametrize("plan", ["{", '{"seedling": 1}', "no-such-file.json"])
def test_does_not_start_with_a_plan_that_cannot_be_read(tmp_path: Path, plan: str) -> None:
    command = [sys.executable, "-m", "providers.simulator", "--port", "0", "--ledger", str(tmp_path / "l"), "--plan"]

    ended = subprocess.run([*command, plan], capture_output=True, timeout=20)

    assert ended.returncode != 0
