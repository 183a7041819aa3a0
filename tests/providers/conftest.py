import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.providers.simulated import Simulator, Start, Webhook, recording_webhook

pytest.register_assert_rewrite(
    "tests.providers.contract", "tests.providers.contract_calls", "tests.providers.contract_evidence"
)

from tests.providers.scripted import ScriptedServer, scripted_server  # noqa: E402 (asserts are rewritten at import)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Simulator] = []

    def begin(**plan: Any) -> Simulator:
        started.append(Simulator(tmp_path / f"ledger-{len(started)}.jsonl", **plan))
        return started[-1]

    yield begin
    for simulator in started:
        simulator.stop(signal.SIGKILL)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with recording_webhook() as running:
        yield running


@pytest.fixture
def told(tmp_path: Path, webhook: Webhook) -> Iterator[Start]:
    """Start a simulator whose receipts go to `webhook` at once; keywords are of the plan."""
    started: list[Simulator] = []

    def begin(*, receipts: dict[str, Any] | None = None, **plan: Any) -> Simulator:
        calls = {"url": webhook.url, "inbound_url": webhook.url, "secret": "hush", "delay": [0, 0], **(receipts or {})}
        started.append(Simulator(tmp_path / f"told-{len(started)}.jsonl", **plan, receipts=calls))
        return started[-1]

    yield begin
    for simulator in started:
        simulator.stop(signal.SIGKILL)
