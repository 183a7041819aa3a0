import json
import os
import subprocess
import sys
from pathlib import Path

from tests.providers.simulated import Simulator, items


class ByCommand(Simulator):
    """The simulator as the Procfile starts it."""

    command = ("manage.py", "provider_simulator")


def test_the_command_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    simulator = ByCommand(tmp_path / "ledger.jsonl", seed=9)

    simulator.submit(items(2))

    assert simulator.call("GET", "/_plan")[1]["seed"] == 9
    assert simulator.summary()["accepted"] == 2
    assert simulator.stop() == 0


def test_the_command_says_what_is_wrong_with_a_plan(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "provider_simulator", "--ledger", str(tmp_path / "l"), "--plan"]

    ended = subprocess.run([*command, '{"faultz": {}}'], capture_output=True, text=True, env=os.environ, timeout=30)

    assert ended.returncode == 2
    assert "unknown in the plan: faultz" in ended.stderr


def test_with_json_the_address_is_one_document(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "manage.py",
        "provider_simulator",
        "--port",
        "0",
        "--ledger",
        str(tmp_path / "l"),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as simulator:
        assert simulator.stdout
        told = json.loads(simulator.stdout.readline())
        simulator.terminate()

    assert told["url"].startswith("http://127.0.0.1:")
