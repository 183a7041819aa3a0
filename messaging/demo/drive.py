"""The demo's campaign, driven as a storefront would: over the REST API, against the running processes."""

import time
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import requests
from django.conf import settings

from config.progressbar import Bar
from messaging.demo.seed import Seeded

MESSAGE = (
    "Hello {{first_name|there}}, this weekend everything is 20 % off at Demo Store. Show this message at the till."
)
TIMEOUT = 30
RESTART_SECONDS = 60  # how long the database or the web process may be away
LOOK_SECONDS = 1.0  # a key may ask a hundred times a minute (API_RATE_GENERAL)


class DemoFailed(Exception):
    """The demo did not get where it should; the message says what stood in the way."""


class Api:
    """The REST API of the demo store."""

    def __init__(self, key: str) -> None:
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"
        self._base = f"{settings.PUBLIC_URL}/api/v1/"

    def get(self, path: str, **query: Any) -> Any:
        """The answer's body, asked again while the house restarts something. Raises DemoFailed for a problem."""
        return self._read(lambda: self._found(path, query))

    def _found(self, path: str, query: dict[str, Any]) -> requests.Response:
        ends = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                answer = self._session.get(self._base + path, params=query, timeout=TIMEOUT)
            except requests.RequestException as error:
                if time.monotonic() > ends:
                    raise DemoFailed(f"{path}: {type(error).__name__}") from error
            else:
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > ends:
                    return answer
            time.sleep(1)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """As `get`, for a POST with a JSON body."""
        address = self._base + path
        return self._read(lambda: self._session.post(address, json=body or {}, headers=headers, timeout=TIMEOUT))

    def _read(self, ask: Callable[[], requests.Response]) -> Any:
        while (
            answer := ask()
        ).status_code == HTTPStatus.TOO_MANY_REQUESTS:  # somebody else asks with the demo's key as well
            time.sleep(int(answer.headers["Retry-After"]))
        if not answer.ok:
            raise DemoFailed(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}")
        return answer.json()


def plan_simulator(seeded: Seeded) -> None:
    """Tell the simulator how to behave: some refusals, some undelivered, slow receipts; no lost replies; cards too."""
    plan = {
        "api_key": seeded.account.credentials["api_key"],
        "echoes_reference": True,
        "latency_ms": [20, 60],
        "faults": {"429": 0.03, "partial": 0.05},
        "partial_share": 0.05,
        "outcomes": {"delivered": 93, "undelivered": 3, "expired": 1, "invalid": 1.5, "blocked": 1.5},
        "receipts": {
            "url": f"{settings.PUBLIC_URL}/webhooks/providers/{seeded.account.slug}/receipts",
            "inbound_url": f"{settings.PUBLIC_URL}/webhooks/providers/{seeded.account.slug}/inbound",
            "secret": seeded.account.credentials["webhook_secret"],
            "delay": [0.2, 4],
            "duplicate": 0.02,
            "shuffle": True,
            "batch": 100,
        },
    }
    requests.put(f"{settings.SIMULATOR_URL}/_plan", json=plan, timeout=TIMEOUT).raise_for_status()
    if settings.STRIPE_API_BASE.startswith(settings.SIMULATOR_URL) and settings.STRIPE_WEBHOOK_SECRET:
        hook = {"url": f"{settings.PUBLIC_URL}/webhooks/stripe", "secret": settings.STRIPE_WEBHOOK_SECRET[0]}
        requests.put(f"{settings.STRIPE_API_BASE}/_webhook", json=hook, timeout=TIMEOUT).raise_for_status()


def start_campaign(api: Api, *, list_id: str) -> str:
    """Write, price and send a campaign to a list; its public id."""
    draft = {"name": "Weekend sale", "message": MESSAGE, "kind": "marketing", "audience": {"list": list_id}}
    campaign = api.post("campaigns", draft)
    quote = api.get(f"campaigns/{campaign['id']}/quote")
    api.post(f"campaigns/{campaign['id']}/enqueue", {"quote_id": quote["id"]}, **{"Idempotency-Key": str(uuid.uuid4())})
    return str(campaign["id"])


def watch(api: Api, campaign_id: str, *, patience_seconds: float) -> dict[str, Any]:
    """Show the progress until nothing is pending and every receipt has come. Raises DemoFailed when it stands still."""
    with Bar("Sending  ", total=0) as bar:
        moved_at, last = time.monotonic(), None
        while True:
            progress: dict[str, Any] = api.get(f"campaigns/{campaign_id}/progress")
            counts = progress["counts"]
            bar.total = max(progress["expected"], progress["audience"])
            bar.show(progress["audience"] - counts["pending"], note=_note(progress))
            if progress["status"] not in {"sending", "paused"} and not counts["sent"]:
                return progress
            if (state := (progress["version"], progress["status"])) != last:
                moved_at, last = time.monotonic(), state
            elif time.monotonic() - moved_at > patience_seconds:
                raise DemoFailed(f"no progress for {patience_seconds:.0f} seconds: {progress}")
            time.sleep(LOOK_SECONDS)


def _note(progress: dict[str, Any]) -> str:
    counts = progress["counts"]
    return f"{counts['delivered']:,} delivered, {counts['sent']:,} await a receipt"
