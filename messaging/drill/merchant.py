"""The stores' side of the drill: campaigns launched, paused, resumed and cancelled over the HTTP API, whatever happens.

Every request may meet a dead web process or database; then it is tried again with the same Idempotency-Key.
"""

import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings

from messaging.drill.seed import Shop

TIMEOUT = 6
LIVE = ("scheduled", "sending", "paused")
MESSAGE = "Hello {{first_name|you}}, this is message {n} of the drill."


class Merchant:
    """One store that sends campaigns back to back, each to everybody, with a pause of `rest` seconds between.

    `plans`: every second one is scheduled, so that a sweep has to launch it; and they overtake the others.
    """

    def __init__(self, shop: Shop, *, rest: float, plans: bool) -> None:
        self.shop = shop
        self.plans = plans
        self.rest = rest
        self.launched: list[str] = []
        self.cancelled: list[str] = []
        self.answers_lost = 0
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {shop.api_key}"
        self._draft: dict[str, str] = {}
        self._look_at = 0.0
        self._live = False

    def tick(self) -> None:
        """Look at the campaign under way about each second; launch the next one when it has ended."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + 1.0
        if self._live and (status := self.status()) not in LIVE:
            self._live = status is None
            self._look_at = now + (1.0 if self._live else self.rest)
        elif not self._live:
            self._launch()

    @property
    def current(self) -> str | None:
        """The campaign under way."""
        return self.launched[-1] if self._live else None

    def status(self) -> str | None:
        """Its status; None when nobody answered."""
        answer = self.ask("GET", f"campaigns/{self.launched[-1]}")
        return str(answer["status"]) if answer else None

    def move(self, event: str) -> bool:
        """Pause, resume or cancel the campaign under way. False when that was refused or nobody answered."""
        campaign = self.current
        if campaign is None or self.ask("POST", f"campaigns/{campaign}/{event}", {"reason": "drill"}) is None:
            return False
        if event == "cancel":
            self.cancelled.append(campaign)
        return True

    def opt_out(self, contact_id: str) -> bool:
        """One of its contacts wants no more."""
        body = {"source": "drill", "evidence": {"by": "drill"}}
        return self.ask("POST", f"contacts/{contact_id}/opt-out", body) is not None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """The body of a good answer, else None: refused, or nobody there."""
        url = f"{settings.PUBLIC_URL}/api/v1/{path}"
        try:
            answer = self._session.request(method, url, json=body, headers=headers, timeout=TIMEOUT)
        except requests.RequestException:
            self.answers_lost += 1
            return None
        if answer.status_code >= 500:
            self.answers_lost += 1
        return answer.json() if answer.ok else None

    def _launch(self) -> None:
        """Draft, quote, enqueue: each step is repeated until it is answered; the last under one key."""
        if "campaign" not in self._draft:
            fields = {
                "name": f"Drill {random.random():.6f}",
                "message": MESSAGE.replace("{n}", str(len(self.launched))),
            }
            fields |= {"kind": "marketing", "priority": "high" if self.plans else "normal"}
            made = self.ask("POST", "campaigns", {**fields, "audience": {"all": True}})
            self._draft = {"campaign": made["id"], "key": str(uuid.uuid4())} if made else {}
        if "campaign" in self._draft and "quote" not in self._draft:
            quote = self.ask("GET", f"campaigns/{self._draft['campaign']}/quote")
            self._draft |= {"quote": quote["id"]} if quote else {}
        if "quote" in self._draft:
            self._enqueue()

    def _enqueue(self) -> None:
        campaign, key = self._draft["campaign"], {"Idempotency-Key": self._draft["key"]}
        if self.plans and len(self.launched) % 2:
            soon = datetime.now(UTC) + timedelta(seconds=1)
            answer = self.ask("POST", f"campaigns/{campaign}/schedule", {"send_at": soon.isoformat()}, **key)
        else:
            answer = self.ask("POST", f"campaigns/{campaign}/enqueue", {"quote_id": self._draft["quote"]}, **key)
        shown = answer or self.ask("GET", f"campaigns/{campaign}")
        if shown and shown["status"] != "draft":
            self.launched.append(campaign)
            self._draft, self._live = {}, True
        elif shown:  # refused: the audience changed since the quote, or the quote ran out
            self._draft.pop("quote")
