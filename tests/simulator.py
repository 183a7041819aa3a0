"""The provider simulator as a process, for tests that send for real over HTTP."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent


class Simulator:
    """A running simulator. `plan(...)` replaces its behaviour; `ledger()` is what it really received."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "providers.simulator", "--port", "0", "--ledger", str(folder / "ledger.jsonl")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.url = next(word for word in self.process.stdout.readline().split() if word.startswith("http")).rstrip(
            "/.,"
        )

    def plan(self, **changes: Any) -> None:
        """Start anew with the default behaviour and these changes."""
        requests.put(f"{self.url}/_plan", json={"echoes_reference": True, **changes}, timeout=5).raise_for_status()

    def ledger(self) -> dict[str, Any]:
        """The ledger's summary."""
        return requests.get(f"{self.url}/_ledger", params={"summary": "1"}, timeout=5).json()

    def received(self) -> list[dict[str, Any]]:
        """Every accepted item, in order."""
        import json

        text = requests.get(f"{self.url}/_ledger", timeout=5).text
        return [json.loads(line) for line in text.splitlines()]

    def stop(self) -> None:
        """End the process. Its ledger is synced to a disk that others may be flooding."""
        self.process.terminate()
        self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()
