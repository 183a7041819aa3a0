"""What a stand-in for Stripe remembers, and the events that its webhook would tell. Names and shapes are Stripe's."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable
from threading import RLock
from typing import Any

MONTH, YEAR = 30 * 86_400, 365 * 86_400
Thing = dict[str, Any]


class StripeState:
    """Customers, sessions, subscriptions and invoices in memory. Each change is an event in `events`, oldest first."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = RLock()
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.answers: dict[str, Thing] = {}  # by Idempotency-Key
        self._clock = clock
        self._numbers = itertools.count(1)

    def make(self, prefix: str, kind: str, **columns: Any) -> Thing:
        """A new thing with an id like Stripe's."""
        name = f"{prefix}_{next(self._numbers):08d}"
        self.things[name] = {"id": name, "object": kind, "created": int(self._clock()), **columns}
        return self.things[name]

    def tell(self, kind: str, about: Thing) -> Thing:
        """Note an event about a thing as it is now."""
        data = {"object": json.loads(json.dumps(about))}
        event = {
            "id": f"evt_{next(self._numbers):08d}",
            "object": "event",
            "type": kind,
            "created": int(self._clock()),
            "data": data,
        }
        self.events.append(event)
        return event

    def customer(self, asked: Thing) -> Thing:
        """POST /v1/customers."""
        return self.make("cus", "customer", name=asked.get("name"), metadata=asked.get("metadata", {}))

    def session(self, asked: Thing, *, pages: str) -> Thing:
        """POST /v1/checkout/sessions: open, to be paid at its `url`."""
        price = asked["line_items"]["0"]["price_data"]
        made = self.make(
            "cs",
            "checkout.session",
            mode=asked["mode"],
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            subscription=None,
            customer=asked["customer"],
            client_reference_id=asked["client_reference_id"],
            amount_total=int(price["unit_amount"]),
            currency=price["currency"],
            success_url=asked["success_url"],
            cancel_url=asked["cancel_url"],
            asked=asked,
        )
        made["url"] = f"{pages}/pay/{made['id']}"
        return made

    def pay(self, session_id: str) -> list[Thing]:
        """The payer presses the button: the events, in the order in which they happen. Twice is once."""
        session = self.things[session_id]
        if session["status"] != "open":
            return []
        first = len(self.events)
        session |= {"status": "complete", "payment_status": "paid"}
        intent = None
        if session["mode"] == "payment":
            intent = self.make("pi", "payment_intent", status="succeeded", amount=session["amount_total"])
            charge = self.make("ch", "charge", payment_intent=intent["id"], amount=session["amount_total"])
            intent["latest_charge"], charge["amount_refunded"] = charge["id"], 0
            session["payment_intent"] = intent["id"]
        else:
            session["subscription"] = self._subscribe(session)["id"]
        self._invoice(session)
        self.tell("checkout.session.completed", session)
        return self.events[first:]

    def expire(self, session_id: str) -> list[Thing]:
        """Nobody paid."""
        self.things[session_id]["status"] = "expired"
        return [self.tell("checkout.session.expired", self.things[session_id])]

    def refund(self, intent_id: str, cents: int) -> list[Thing]:
        """Give so much of a payment back; it adds up on the charge."""
        charge = self.things[self.things[intent_id]["latest_charge"]]
        charge["amount_refunded"] += cents
        return [self.tell("charge.refunded", charge)]

    def dispute(self, intent_id: str, *, won: bool) -> list[Thing]:
        """The payer's bank takes the money; with `won` it comes back."""
        intent = self.things[intent_id]
        made = intent.setdefault(
            "dispute", self.make("dp", "dispute", payment_intent=intent_id, amount=intent["amount"])
        )
        word = "reinstated" if won else "withdrawn"
        return [self.tell(f"charge.dispute.funds_{word}", made)]

    def change(self, subscription_id: str, *, status: str, periods: int = 0) -> list[Thing]:
        """Another status, and so many periods on."""
        found = self.things[subscription_id]
        item = found["items"]["data"][0]
        length = item["current_period_end"] - item["current_period_start"]
        item["current_period_start"] += periods * length
        item["current_period_end"] += periods * length
        found["status"] = status
        word = "deleted" if status == "canceled" else "updated"
        return [self.tell(f"customer.subscription.{word}", found)]

    def _subscribe(self, session: Thing) -> Thing:
        price = session["asked"]["line_items"]["0"]["price_data"]
        now = int(self._clock())
        length = YEAR if price["recurring"]["interval"] == "year" else MONTH
        item = {"current_period_start": now, "current_period_end": now + length}
        made = self.make(
            "sub",
            "subscription",
            customer=session["customer"],
            status="active",
            metadata=session["asked"]["subscription_data"]["metadata"],
            cancel_at_period_end=False,
            items={"data": [item]},
        )
        self.tell("customer.subscription.created", made)
        return made

    def _invoice(self, session: Thing) -> None:
        made = self.make(
            "in",
            "invoice",
            customer=session["customer"],
            status="open",
            total=session["amount_total"],
            currency=session["currency"],
            number=f"HG-{next(self._numbers):04d}",
        )
        made |= {"hosted_invoice_url": f"{session['url']}#invoice", "invoice_pdf": f"{session['url']}#pdf"}
        self.tell("invoice.finalized", made)
        made["status"] = "paid"
        self.tell("invoice.paid", made)


def signed(event: Thing, *, secret: str, at: float) -> tuple[bytes, str]:
    """(body, Stripe-Signature): as Stripe signs a webhook. `at`: seconds since 1970."""
    body = json.dumps(event).encode()
    stamp = int(at)
    digest = hmac.new(secret.encode(), b"%d." % stamp + body, hashlib.sha256).hexdigest()
    return body, f"t={stamp},v1={digest}"
