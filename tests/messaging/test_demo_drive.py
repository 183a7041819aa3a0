"""The demo's client goes on when the house restarts something, and gives up when it does not come back."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from pytest_django import Settings

from messaging.demo import drive
from messaging.demo.drive import Api, DemoFailed
from messaging.demo.seed import Seeded
from messaging.models import ProviderAccount
from tests.factories import StoreFactory
from tests.simulator import Simulator


class Answers(BaseHTTPRequestHandler):
    """Answers with the statuses it was given, one after the other, the last one for ever."""

    statuses: list[int] = []

    def do_GET(self) -> None:
        """One answer."""
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def api(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(drive, "RESTART_SECONDS", 1.5)
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        settings.PUBLIC_URL = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Api("key")
        server.shutdown()
        thread.join()


def test_a_database_that_restarts_ends_no_demo(api: Api) -> None:
    Answers.statuses = [503, 200]

    assert api.get("campaigns/1/progress") == {"ok": True}


def test_a_database_that_stays_away_ends_it(api: Api) -> None:
    Answers.statuses = [503]

    with pytest.raises(DemoFailed, match="503"):
        api.get("campaigns/1/progress")


def test_any_other_refusal_ends_it_at_once(api: Api) -> None:
    Answers.statuses = [403, 200]

    with pytest.raises(DemoFailed, match="403"):
        api.get("campaigns/1/progress")


def test_a_web_process_that_is_gone_ends_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "RESTART_SECONDS", 0)
    settings.PUBLIC_URL = "http://127.0.0.1:1"

    with pytest.raises(DemoFailed, match="ConnectionError"):
        Api("key").get("store")


def test_the_demos_cards_tell_our_webhook(settings: Settings, simulator: Simulator, account: ProviderAccount) -> None:
    settings.SIMULATOR_URL, settings.STRIPE_API_BASE = simulator.url, f"{simulator.url}/stripe"
    settings.PUBLIC_URL, settings.STRIPE_WEBHOOK_SECRET = "http://127.0.0.1:9", ["whsec_demo"]
    store = StoreFactory.create()

    drive.plan_simulator(Seeded(store, account, "key", {}))

    made = requests.post(
        f"{settings.STRIPE_API_BASE}/v1/customers", headers={"Authorization": "Bearer sk_test_demo"}, timeout=5
    )
    assert made.json()["id"].startswith("cus_")
