"""What a POST may do is declared: what spends or sends happens once per Idempotency-Key and is limited."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

from audiences.models import Store
from config.opaque import public_id
from config.wire import Body, PublicId
from tests.api.clients import V1
from tests.api.rows import row_of
from tests.architecture.test_urls import API
from tests.factories import CampaignFactory, ContactFactory

# Spends credits or sends: repeated with the same key it happens once; limited to a few a minute.
SPENDS = {
    "/api/v1/billing/checkout",
    "/api/v1/campaigns/{}/enqueue",
    "/api/v1/campaigns/{}/schedule",
    "/api/v1/campaigns/{}/retry-failed",
    "/api/v1/dead-letters/{}/requeue",
}
# Sends to a few numbers: as above, under limits of its own.
TO_NUMBERS = {"/api/v1/messages", "/api/v1/campaigns/{}/test"}
# Starts work or makes what would be doubled by a repetition: with a key it happens once.
ONCE = {
    "/api/v1/automations",
    "/api/v1/events",
    "/api/v1/campaigns",
    "/api/v1/campaigns/{}/clone",
    "/api/v1/campaigns/{}/resume",
    "/api/v1/imports",
    "/api/v1/templates",
    "/api/v1/templates/starters",
    "/api/v1/templates/{}/duplicate",
}
# Repeated they find it done already, or make a second thing that costs nothing and can be deleted.
FREE = {
    "/api/v1/automations/{}/off": "is off already",
    "/api/v1/automations/{}/on": "is on already",
    "/api/v1/billing/portal": "a second address of the same page",
    "/api/v1/api-keys": "a second key can be revoked",
    "/api/v1/campaigns/preview": "reads",
    "/api/v1/campaigns/quote": "a price is no promise",
    "/api/v1/campaigns/{}/archive": "is archived already",
    "/api/v1/campaigns/{}/priority": "has that priority already",
    "/api/v1/campaigns/{}/unarchive": "is listed already",
    "/api/v1/campaigns/{}/cancel": "is cancelled already",
    "/api/v1/campaigns/{}/recipients/lookup": "reads",
    "/api/v1/campaigns/{}/refresh": "asks the provider once a minute at most",
    "/api/v1/messages/lookup": "reads",
    "/api/v1/campaigns/{}/pause": "is paused already",
    "/api/v1/campaigns/{}/unschedule": "is a draft already",
    "/api/v1/contacts": "a phone is taken once",
    "/api/v1/contacts/{}/erase": "is gone already",
    "/api/v1/contacts/{}/opt-in": "has opted in already",
    "/api/v1/contacts/{}/opt-out": "has opted out already",
    "/api/v1/dead-letters/{}/discard": "is discarded already",
    "/api/v1/inbound/{}/confirm": "is decided already",
    "/api/v1/inbound/{}/lift": "is decided already",
    "/api/v1/imports/{}/cancel": "is cancelled already",
    "/api/v1/lists": "a name is taken once",
    "/api/v1/lists/{}/members": "are on it already",
    "/api/v1/members": "is a member already",
    "/api/v1/segments": "a name is taken once",
    "/api/v1/segments/preview": "reads",
    "/api/v1/stores": "a slug is taken once",
    "/api/v1/suppressions": "is suppressed already",
    "/api/v1/suppressions/lookup": "reads",
    "/api/v1/contacts/lookup": "reads",
    "/api/v1/suppressions/{}/lift": "is lifted already",
    "/api/v1/webhooks": "a second one can be deleted; its secret must not lie in a stored answer",
    "/api/v1/webhooks/{}/rotate-secret": "a second secret can be taken; it must not lie in a stored answer",
    "/api/v1/webhooks/{}/test": "a second test is a test",
    "/api/v1/webhooks/{}/redeliver": "is due already",
    "/api/v1/webhook-deliveries/{}/redeliver": "is due already",
}
POSTS = {
    route.path: getattr(route.view, route.methods["post"]) for route in API if route.view and "post" in route.methods
}


def test_every_post_is_declared() -> None:
    assert set(POSTS) == SPENDS | TO_NUMBERS | ONCE | set(FREE)


def test_what_spends_or_starts_work_honours_the_key() -> None:
    assert {path for path, handler in POSTS.items() if getattr(handler, "idempotent", False)} == (
        SPENDS | TO_NUMBERS | ONCE
    )


def test_what_spends_counts_as_a_send() -> None:
    assert {path for path, handler in POSTS.items() if getattr(handler, "counts_as", "") == "send"} == SPENDS


# Ids in bodies ------------------------------------------------------------------------------------------------------

# Every field of a body that takes an id -> a request with an id of another store in it, and the path that takes it.
BODY_IDS: dict[str, tuple[str, Any]] = {
    "MembersBody.add": ("lists/{lst}/members", lambda ids: {"add": [ids["con"]]}),
    "MembersBody.remove": ("lists/{lst}/members", lambda ids: {"remove": [ids["con"]]}),
    "ImportBody.list": ("imports", lambda ids: {"list": ids["lst"]}),
    "EnqueueBody.quote_id": ("campaigns/{cmp}/enqueue", lambda ids: {"quote_id": ids["quo"]}),
    "PreviewDraftBody.contact": (
        "campaigns/preview",
        lambda ids: {"message": "A", "audience": {"all": True}, "contact": ids["con"]},
    ),
    "ScheduleBody.quote_id": (
        "campaigns/{cmp}/schedule",
        lambda ids: {"send_at": "2999-01-01T09:00:00Z", "quote_id": ids["quo"]},
    ),
    "TestBody.contact": (
        "campaigns/{cmp}/test",
        lambda ids: {"to": ["+306971111111"], "contact": ids["con"]},
    ),
    "PreviewSegmentBody.contact": (
        "segments/preview",
        lambda ids: {"rules": {"rule": "age", "at_least": 18}, "contact": ids["con"]},
    ),
    "rules.list": ("segments", lambda ids: {"name": "A", "rules": {"rule": "list", "on": ids["lst"]}}),
    "rules.campaign": ("segments", lambda ids: {"name": "A", "rules": {"rule": "sent", "campaign": ids["cmp"]}}),
    "audience.segment": ("campaigns", lambda ids: {"name": "A", "message": "A", "audience": {"segment": ids["seg"]}}),
    "CheckoutBody.package": ("billing/checkout", lambda ids: {"package": ids["lst"]}),
    "audience.list": ("campaigns", lambda ids: {"name": "A", "message": "A", "audience": {"list": ids["lst"]}}),
    "audience.exclude": (
        "campaigns",
        lambda ids: {"name": "A", "message": "A", "audience": {"all": True, "exclude": [{"list": ids["lst"]}]}},
    ),
}


def test_every_id_in_a_body_is_in_the_table() -> None:
    found = {f"{shape.__name__}.{name}" for shape in _bodies(Body) for name in _ids(shape)}

    assert found == {name for name in BODY_IDS if not name.startswith(("audience.", "rules."))}


@pytest.mark.parametrize("name", BODY_IDS)
def test_an_id_of_another_store_is_refused_in_a_body_too(
    api: APIClient, stranger: APIClient, store: Store, other_store: Store, name: str
) -> None:
    theirs = {"con": row_of(other_store, "con"), "lst": row_of(other_store, "lst"), "quo": _quote(stranger)}
    theirs |= {kind: row_of(other_store, kind) for kind in ("seg", "cmp")}
    ContactFactory.create(store=store)
    draft = public_id(CampaignFactory.create(store=store).pk, kind="cmp")
    path, body = BODY_IDS[name]
    address = f"{V1}/{path}".format(lst=row_of(store, "lst"), cmp=draft)

    answer = api.post(address, body(theirs), format="multipart" if path == "imports" else "json")

    assert answer.status_code in {400, 404, 409}, answer.content
    assert answer.json()["code"] in {"VALIDATION_ERROR", "AUDIENCE_INVALID", "QUOTE_CHANGED", "NOT_FOUND"}


def _quote(client: APIClient) -> str:
    body = {"message": "Hello", "audience": {"all": True}}
    return str(client.post(f"{V1}/campaigns/quote", body).json()["id"])


def _bodies(shape: type[Body]) -> Iterator[type[Body]]:
    for child in shape.__subclasses__():
        if not child.__module__.startswith("tests."):
            yield child
            yield from _bodies(child)


def _ids(shape: type[Body]) -> Iterator[str]:
    for name, field in shape._declared_fields.items():
        inner: Any = field.child if isinstance(field, serializers.ListField) else field
        if isinstance(inner, PublicId) and not field.read_only:
            yield name
