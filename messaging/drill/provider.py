"""The drill's hand on the simulator: the fair-weather plan, and the faults that lie over it for a while."""

from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings

from messaging.drill.seed import API_KEY, WEBHOOK_SECRET

TIMEOUT = 3
# Receipts are pushed again for minutes: a drill may keep the web process away for long.
RETRY = [1, 1, 2, 3, 5, 5, 5, 5, 10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]
OUTCOMES = {
    "delivered": 88,
    "undelivered": 2,
    "expired": 1,
    "blocked": 1,
    "invalid": 1.5,
    "busy": 1.5,
    "silent": 1,
    "sent_only": 1,
    "contradictory": 1,
    "unknown_word": 1,
    "buffered": 1,
}


class ProviderControl:
    """What the simulator is told. `faults`: probabilities per call; `receipts`: keys of its receipt plan."""

    def __init__(self, *, seed: int, echoes: bool) -> None:
        self.seed = seed
        self.echoes = echoes
        self.faults: dict[str, float] = {}
        self.receipts: dict[str, Any] = {}
        self._told = True
        self.top: dict[str, Any] = {}

    def plan(self) -> dict[str, Any]:
        """The plan of this moment."""
        total = max(sum(self.faults.values()), 1.0)
        return {
            "seed": self.seed,
            "api_key": API_KEY,
            "echoes_reference": self.echoes,
            "latency_ms": [50, 400],
            "outcomes": OUTCOMES,
            "hang_seconds": 12,
            "drip_seconds": 12,
            "retry_after": 2,
            "fsync": True,
            "faults": {name: share / total for name, share in self.faults.items()},
            **self.top,
            "receipts": {
                "url": f"{settings.PUBLIC_URL}/webhooks/providers/drill/receipts",
                "secret": WEBHOOK_SECRET,
                "sign": "both",
                "delay": [0.2, 3],
                "sent_first": 0.1,
                "batch": 50,
                "retry": RETRY,
                **self.receipts,
            },
        }

    def tell(self) -> bool:
        """Send the plan. False when the simulator is not there; `repeat` does it later."""
        try:
            requests.put(f"{settings.SIMULATOR_URL}/_plan", json=self.plan(), timeout=TIMEOUT).raise_for_status()
        except requests.RequestException:
            self._told = False
            return False
        self._told = True
        return True

    def repeat(self) -> None:
        """Tell it again when it was not there."""
        if not self._told:
            self.tell()

    def add(self, faults: Mapping[str, float] | None = None, **receipts: Any) -> bool:
        """Lay faults over the plan. As `tell`."""
        self.faults |= faults or {}
        self.receipts |= receipts
        return self.tell()

    def remove(self, *names: str) -> None:
        """Take faults off again."""
        for name in names:
            self.faults.pop(name, None)
            self.receipts.pop(name, None)
        self.tell()

    def calm(self) -> None:
        """Fair weather."""
        self.faults, self.receipts, self.top = {}, {}, {}
        self.tell()

    def flush(self) -> None:
        """Push every receipt that is still to come."""
        requests.post(f"{settings.SIMULATOR_URL}/_receipts/flush", timeout=120).raise_for_status()

    def pending(self) -> int:
        """Receipts that the simulator still has to push, or pushes again because nobody took them."""
        answer = requests.get(f"{settings.SIMULATOR_URL}/_ledger", params={"summary": "1"}, timeout=60)
        answer.raise_for_status()
        return int(answer.json()["receipts_pending"])
