"""A stand-in for Stripe over HTTP, for the demo and tests: the calls that we make, a page to pay on, and webhooks.

POST /stripe/v1/customers, /v1/checkout/sessions, /v1/billing_portal/sessions
GET  /stripe/v1/checkout/sessions/{id}, /v1/subscriptions/{id}
GET, POST /stripe/pay/{session}   the page with its button, and the button
PUT  /stripe/_webhook             {url, secret}: where events go, signed
POST /stripe/_do                  {do: pay|expire|refund|dispute|change, …}: what happens at Stripe; its events
PUT  /stripe/_faults              {fail: n}: answer the next n calls with a 500, after having done them
"""

import html
import json
import re
import time
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from providers.simulator.stripe_state import StripeState, Thing, signed

PREFIX = "/stripe"
PAGE = """<!doctype html><meta charset="utf-8"><title>Stand-in for Stripe</title><h1>Stand-in for Stripe</h1>
<p>{what}: {cents} cents ({currency}). No card is asked for, and nothing is charged.</p>
<form method="post"><button autofocus>Pay</button></form><p><a href="{cancel}">Back without paying</a></p>"""
WEBHOOK_SECONDS = 10


class Reply(NamedTuple):
    """An answer over HTTP."""

    status: int
    body: bytes
    content_type: str = "application/json"
    location: str = ""


class StripeApi:
    """The addresses. Threads take turns."""

    def __init__(self) -> None:
        self.state = StripeState()
        self.webhook: dict[str, str] = {}
        self.fail = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes, *, base: str) -> Reply:
        """What a request to an address under PREFIX gets. `base`: where this server is, as clients see it."""
        way = path.removeprefix(PREFIX)
        if way.startswith("/_"):
            return self._control(way, json.loads(body or b"{}"))
        if way.startswith("/pay/"):
            return self._page(method, way.removeprefix("/pay/"))
        if not headers.get("authorization", "").startswith("Bearer sk_"):
            return _error(401, "No such API key.")
        with self.state.lock:
            return self._call(method, way, headers.get("idempotency-key"), nested(body), pages=base + PREFIX)

    def _call(self, method: str, way: str, key: str | None, asked: Thing, *, pages: str) -> Reply:
        if method == "GET":
            found = self.state.things.get(way.rpartition("/")[2])
            return _json(found) if found else _error(404, "No such thing.")
        made = self.state.answers.get(key or "") or self._make(way, asked, pages)
        if made is None:
            return _error(404, f"Unrecognized request URL ({way}).")
        if key:
            self.state.answers[key] = made
        if self.fail:
            self.fail -= 1
            return _error(500, "The stand-in was told to fail.")
        return _json(made)

    def _make(self, way: str, asked: Thing, pages: str) -> Thing | None:
        match way:
            case "/v1/customers":
                return self.state.customer(asked)
            case "/v1/checkout/sessions":
                return self.state.session(asked, pages=pages)
            case "/v1/billing_portal/sessions":
                return self.state.make("bps", "billing_portal.session", url=f"{pages}/portal", **asked)
        return None

    def _control(self, way: str, asked: dict[str, Any]) -> Reply:
        if way == "/_webhook":
            self.webhook = asked
        elif way == "/_faults":
            self.fail = int(asked.get("fail", 0))
        elif way == "/_do":
            with self.state.lock:
                told = getattr(self.state, asked.pop("do"))(*asked.pop("about", []), **asked)
            self._push(told)
            return _json({"events": told})
        else:
            return _error(404, "No such control.")
        return _json({})

    def _page(self, method: str, name: str) -> Reply:
        session = self.state.things.get(name)
        if session is None:
            return _error(404, "No such session.")
        if method == "POST":
            with self.state.lock:
                told = self.state.pay(name)
            self._push(told)
            return Reply(303, b"", location=session["success_url"])
        what = session["asked"]["line_items"]["0"]["price_data"]["product_data"]["name"]
        shown = {"what": what, "cents": session["amount_total"], "currency": session["currency"]}
        safe = {key: html.escape(str(value)) for key, value in (shown | {"cancel": session["cancel_url"]}).items()}
        return Reply(200, PAGE.format(**safe).encode(), "text/html; charset=utf-8")

    def _push(self, events: list[Thing]) -> None:
        """Post the events to the webhook, if there is one; what it answers is its own affair."""
        if not self.webhook:
            return
        address = urlsplit(self.webhook["url"])
        for event in events:
            body, signature = signed(event, secret=self.webhook["secret"], at=time.time())
            line = HTTPConnection(address.hostname or "", address.port, timeout=WEBHOOK_SECONDS)
            try:
                headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
                line.request("POST", address.path, body=body, headers=headers)
                line.getresponse().read()
            except OSError:
                continue
            finally:
                line.close()


def nested(body: bytes) -> Thing:
    """A form as Stripe's library writes it: `a[b][0][c]=1` becomes {"a": {"b": {"0": {"c": "1"}}}}."""
    found: Thing = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    return found


def _json(thing: Thing) -> Reply:
    return Reply(200, json.dumps(thing).encode())


def _error(status: int, message: str) -> Reply:
    return Reply(status, json.dumps({"error": {"type": "api_error", "message": message}}).encode())
