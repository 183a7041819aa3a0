"""The stand-in for Stripe: a page to pay on, and signed webhooks to whoever asked for them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe as library

from providers.simulator.stripe_api import nested
from tests.simulator import Simulator

FORM = {
    "mode": "payment",
    "customer": "cus_1",
    "client_reference_id": "pay_1",
    "success_url": "https://shop.example/ok",
    "cancel_url": "https://shop.example/<no>",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "4500",
    "line_items[0][price_data][product_data][name]": "1000 credits",
}
KEY = {"Authorization": "Bearer sk_test_1"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it is."""
    running = Simulator(tmp_path_factory.mktemp("simulator"))
    yield f"{running.url}/stripe"
    running.stop()


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Any]]]:
    """An address, and the (signature, body) of what was posted there."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Stripe-Signature"], body.decode()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


def session(url: str, **headers: str) -> dict[str, Any]:
    """A checkout session."""
    return requests.post(f"{url}/v1/checkout/sessions", data=FORM, headers=KEY | headers, timeout=5).json()


def test_a_form_becomes_an_object() -> None:
    assert nested(b"a[b][0][c]=1&a[b][0][d]=x%20y&e=") == {"a": {"b": {"0": {"c": "1", "d": "x y"}}}, "e": ""}


def test_the_page_has_a_button_and_the_button_pays(url: str, hook: tuple[str, list[Any]]) -> None:
    requests.put(f"{url}/_webhook", json={"url": hook[0], "secret": "whsec_1"}, timeout=5)
    made = session(url)

    page = requests.get(made["url"], timeout=5)
    paid = requests.post(made["url"], timeout=5, allow_redirects=False)

    assert "1000 credits: 4500 cents (eur)" in page.text
    assert "https://shop.example/&lt;no&gt;" in page.text
    assert (paid.status_code, paid.headers["Location"]) == (303, "https://shop.example/ok")
    for signature, body in hook[1]:
        library.WebhookSignature.verify_header(body, signature, "whsec_1", 300)
    kinds = [json.loads(body)["type"] for _, body in hook[1]]
    assert kinds == ["invoice.finalized", "invoice.paid", "checkout.session.completed"]
    shown = requests.get(f"{url}/v1/checkout/sessions/{made['id']}", headers=KEY, timeout=5).json()
    assert (shown["status"], shown["payment_status"]) == ("complete", "paid")


def test_the_button_pays_once(url: str) -> None:
    made = session(url)

    first, second = (
        requests.post(f"{url}/_do", json={"do": "pay", "about": [made["id"]]}, timeout=5).json() for _ in range(2)
    )

    assert (len(first["events"]), second["events"]) == (3, [])


def test_one_key_is_one_session_also_after_a_500(url: str) -> None:
    requests.put(f"{url}/_faults", json={"fail": 1}, timeout=5)
    first = session(url, **{"Idempotency-Key": "k-1"})

    second, third = session(url, **{"Idempotency-Key": "k-1"}), session(url, **{"Idempotency-Key": "k-1"})

    assert "error" in first
    assert second["id"] == third["id"]


@pytest.mark.parametrize("path", ["v1/checkout/sessions/cs_0", "pay/cs_0", "v1/nothing"])
def test_what_there_is_not_is_a_404(url: str, path: str) -> None:
    assert requests.get(f"{url}/{path}", headers=KEY, timeout=5).status_code == 404


def test_without_a_key_nothing_is_told(url: str) -> None:
    assert requests.get(f"{url}/v1/checkout/sessions/cs_0", timeout=5).status_code == 401


def test_the_provider_beside_it_is_as_before(url: str, tmp_path: Path) -> None:
    assert requests.get(f"{url.removesuffix('/stripe')}/_health", timeout=5).json() == {"status": "ok"}
