"""A store as its own software sees it: requests to the API, timed."""

import time
from typing import Any, NamedTuple

import requests
from django.conf import settings

from config.opaque import private_id

TIMEOUT = 300


class Refused(Exception):
    """The API said no; the message has its answer."""


class Timed(NamedTuple):
    """An answer, the seconds it took, and when it was asked for (epoch)."""

    body: Any
    seconds: float
    at: float


class Shop:
    """One store. A session keeps its connection, so it is for one thread."""

    def __init__(self, *, store_id: int, api_key: str, people: int) -> None:
        self.store_id, self.api_key, self.people = store_id, api_key, people
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def twin(self) -> "Shop":
        """The same store for another thread."""
        return Shop(store_id=self.store_id, api_key=self.api_key, people=self.people)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> Timed:
        """Ask the API. Raises Refused."""
        at, started = time.time(), time.perf_counter()
        answer = self._session.request(
            method, f"{settings.PUBLIC_URL}/api/v1/{path}", json=body, timeout=TIMEOUT, **more
        )
        seconds = time.perf_counter() - started
        if not answer.ok:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return Timed(answer.json() if answer.content else None, seconds, at)

    def draft(self, message: str, **more: Any) -> str:
        """Make a campaign to everybody; its public id."""
        fields = {"name": "Benchmark", "message": message, "kind": "marketing", "audience": {"all": True}, **more}
        return str(self.ask("POST", "campaigns", fields).body["id"])

    def price(self, message: str) -> Timed:
        """Price a message to everybody."""
        fields = {"message": message, "kind": "marketing", "audience": {"all": True}}
        return self.ask("POST", "campaigns/quote", fields)

    def launch(self, campaign: str, quote: str) -> Timed:
        """Enqueue."""
        return self.ask("POST", f"campaigns/{campaign}/enqueue", {"quote_id": quote})


def key_of(public: str) -> int:
    """The primary key of a campaign."""
    found = private_id(public, kind="cmp")
    if found is None:
        raise Refused(f"{public} is no campaign")
    return found
