"""Customer events over HTTP: many at once, each once, each with an answer of its own."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import CustomerEvent, Store
from campaigns.models import AutomationFire
from tests.api.clients import V1, code, pointers
from tests.factories import AutomationFactory, ContactFactory, api_id


def told(api: APIClient, *events: dict[str, Any], **headers: str) -> Any:
    return api.post(f"{V1}/events", {"events": list(events)}, headers=headers)


def test_events_are_taken_one_by_one(api: APIClient, store: Store, other_store: Store) -> None:
    ada, theirs = ContactFactory.create(store=store), ContactFactory.create(store=other_store)
    AutomationFactory.create(store=store, kind="event", event_name="purchase")
    purchase = {"event_id": "order-1", "name": "purchase", "contact": api_id(ada), "properties": {"total": 12.5}}

    answer = told(
        api,
        purchase,
        purchase,
        {"name": "visit", "phone": ada.phone},
        {"name": "visit", "phone": "+306900000000"},
        {"name": "visit", "contact": api_id(theirs)},
        {"name": "visit", "contact": "con_nonsense"},
        {"name": "visit", "phone": "12"},
    )

    body = answer.json()
    assert answer.status_code == 200
    assert (body["accepted"], body["duplicates"], body["refused"]) == (2, 1, 4)
    assert [one["status"] for one in body["results"]] == [
        "accepted",
        "duplicate",
        "accepted",
        *["refused"] * 4,
    ]
    assert [one["code"] for one in body["results"]][3:6] == ["unknown_contact"] * 3
    assert body["results"][6]["code"] == "too_short"
    assert body["results"][0]["automations"] == 1
    assert body["results"][0]["event"] == body["results"][1]["event"]
    assert AutomationFire.objects.count() == 1


def test_they_are_listed_newest_first(api: APIClient, store: Store) -> None:
    ada, bob = ContactFactory.create_batch(2, store=store)
    told(api, {"name": "purchase", "contact": api_id(ada)}, {"name": "visit", "contact": api_id(bob)})

    shown = api.get(f"{V1}/events").json()["results"]

    assert [row["name"] for row in shown] == ["visit", "purchase"]
    assert set(shown[0]) == {"id", "event_id", "name", "contact", "properties", "occurred_at", "created_at"}
    of_ada = api.get(f"{V1}/events", {"contact": api_id(ada)}).json()["results"]
    assert [row["name"] for row in of_ada] == ["purchase"]
    assert pointers(api.get(f"{V1}/events", {"contact": "nonsense"})) == [("#/contact", "unknown_id")]


def test_a_thousand_at_once_and_no_more(api: APIClient, store: Store) -> None:
    ada = api_id(ContactFactory.create(store=store))
    AutomationFactory.create(store=store, kind="event", event_name="visit", dedupe_hours=0)
    many = [{"event_id": f"v{n}", "name": "visit", "contact": ada} for n in range(1001)]

    assert pointers(told(api, *many)) == [("#/events", "max_length")]
    assert told(api, *many[:1000]).json()["accepted"] == 1000
    assert told(api, *many[:1000]).json()["duplicates"] == 1000
    assert CustomerEvent.objects.count() == AutomationFire.objects.count() == 1000


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"phone": "+306971112223"}, ("#/events/0/contact", "who")),
        ({"contact": None}, ("#/events/0/contact", "null")),
        ({"name": ""}, ("#/events/0/name", "blank")),
        ({"occurred_at": "2026-01-01T10:00:00"}, ("#/events/0/occurred_at", "bad_time")),
        ({"occurred_at": "2998-01-01T10:00:00Z"}, ("#/events/0/occurred_at", "bad_time")),
        ({"properties": {f"p{n}": n for n in range(51)}}, ("#/events/0/properties", "too_many")),
        ({"properties": {"a": "\x00"}}, ("#/events/0/properties", "unstorable")),
        ({"colour": "red"}, ("#/events/0/colour", "unknown_field")),
    ],
)
def test_a_wrong_body_refuses_all_of_them(
    api: APIClient, store: Store, change: dict[str, Any], refusal: tuple[str, str]
) -> None:
    event = {"name": "visit", "contact": api_id(ContactFactory.create(store=store))}

    answer = told(api, event | change, event)

    assert (code(answer), pointers(answer)) == ((400, "VALIDATION_ERROR"), [refusal])
    assert not CustomerEvent.objects.exists()


def test_without_a_time_it_happened_now(api: APIClient, store: Store) -> None:
    told(api, {"name": "visit", "contact": api_id(ContactFactory.create(store=store))})

    assert timezone.now() - CustomerEvent.objects.get().occurred_at < timedelta(minutes=5)


def test_repeated_with_a_key_the_first_answer_comes_again(api: APIClient, store: Store) -> None:
    event = {"name": "visit", "contact": api_id(ContactFactory.create(store=store))}

    first, again = (told(api, event, **{"Idempotency-Key": "k1"}) for _ in range(2))

    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert CustomerEvent.objects.count() == 1


@pytest.mark.usefixtures("uncounted")
def test_they_have_a_quota_of_their_own(api: APIClient, store: Store, settings: Settings) -> None:
    settings.API_RATE_GENERAL, settings.API_RATE_EVENTS = 1, 2
    event = {"name": "visit", "contact": api_id(ContactFactory.create(store=store))}

    answers = [told(api, event) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"events";q=2;w=60'
    assert api.get(f"{V1}/store").status_code == 200
