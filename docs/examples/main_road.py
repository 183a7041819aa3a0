"""A campaign from the first contact to the last receipt, over the API. Needs only `requests`.

API=http://127.0.0.1:8000/api/v1 KEY=hg_live_… python docs/examples/main_road.py +306900000000
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import requests

API, KEY = os.environ["API"], os.environ["KEY"]
session = requests.Session()
session.headers["Authorization"] = f"Bearer {KEY}"


def call(method: str, path: str, body: dict[str, Any] | None = None, *, once: str = "") -> Any:
    """One request. `once`: an Idempotency-Key, with which it may be repeated until it is answered."""
    headers = {"Idempotency-Key": once} if once else {}
    for attempt in range(6):
        try:
            answer = session.request(method, f"{API}/{path}", json=body, headers=headers, timeout=30)
        except requests.ConnectionError:
            if not once and method != "GET":
                raise  # nobody knows whether it happened
            time.sleep(2**attempt)
            continue
        if answer.status_code in (429, 503) or answer.json().get("code") == "IDEMPOTENCY_IN_PROGRESS":
            time.sleep(int(answer.headers.get("Retry-After", 1)))
            continue
        if not answer.ok:
            problem = answer.json()
            sys.exit(f"{problem['code']}: {problem['detail']} {problem['errors']} (request {problem['request_id']})")
        return answer.json()
    sys.exit("no answer")


def pages(path: str) -> Iterator[dict[str, Any]]:
    """Every row of a list, page by page."""
    page = call("GET", path)
    while True:
        yield from page["results"]
        if page["next"] is None:
            return
        page = call("GET", page["next"].removeprefix(f"{API}/"))


def progress(campaign_id: str) -> Iterator[dict[str, Any]]:
    """The campaign's progress as it changes, by server-sent events, until it is over."""
    address, last_id = f"{API}/campaigns/{campaign_id}/events", ""
    while True:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": last_id}
        with session.get(address, headers=headers, stream=True, timeout=60) as stream:
            stream.raise_for_status()
            name = ""
            for line in stream.iter_lines(decode_unicode=True):
                field, _, value = line.partition(": ")
                if field == "id":
                    last_id = value
                elif field == "event":
                    name = value
                elif field == "data" and name == "progress":
                    yield json.loads(value)
                if name == "end":
                    return


def main(phones: list[str]) -> None:
    """Contacts, list, campaign, quote, enqueue, progress, recipients."""
    contacts = [
        call(
            "POST",
            "contacts",
            {"phone": phone, "first_name": "Ada", "consent": "opted_in", "consent_source": "example"},
        )
        for phone in phones
    ]
    crowd = call("POST", "lists", {"name": f"Example {uuid.uuid4().hex[:8]}"})
    call("POST", f"lists/{crowd['id']}/members", {"add": [contact["id"] for contact in contacts]})

    draft = {"name": "Example", "message": "Hello {{first_name|there}}!", "audience": {"list": crowd["id"]}}
    campaign = call("POST", "campaigns", draft, once=str(uuid.uuid4()))
    quote = call("GET", f"campaigns/{campaign['id']}/quote")
    print(f"{quote['recipients']} people, {quote['credits']} credits")

    # Keep the key until there is an answer: the same request with the same key never sends twice.
    sent = call("POST", f"campaigns/{campaign['id']}/enqueue", {"quote_id": quote["id"]}, once=str(uuid.uuid4()))
    print(f"{sent['status']}: {sent['credits_held']} credits are held")

    for now in progress(campaign["id"]):
        print(f"{now['percent']:.0f} % {now['status']}")
    for recipient in pages(f"campaigns/{campaign['id']}/recipients?fields=phone,status,charged&limit=200"):
        print(recipient["phone"], recipient["status"], recipient["charged"])


if __name__ == "__main__":
    main(sys.argv[1:])
