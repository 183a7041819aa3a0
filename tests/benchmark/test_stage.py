"""The stage waits for its crew, whatever the broker is busy with."""

import socket

import pytest
from celery import current_app

from messaging.benchmark.stage import _answering


def test_while_the_broker_is_silent_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        monkeypatch.setattr(current_app, "_pool", None)
        monkeypatch.setattr(current_app.amqp, "_producer_pool", None)

        assert _answering() == 0
