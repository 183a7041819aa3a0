"""Who may call what: the whole table, walked with everybody. A route that is not in it fails."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from tests.api.clients import as_role, with_key
from tests.api.rows import address_of, row_of
from tests.architecture.test_urls import API, Route, local_dir

__all__ = ["local_dir"]

READ, SEND, ADMIN = "read", "send", "admin"
# What each call needs. The two that ask for something else are below.
NEEDS = {
    "GET /api/v1/store": READ,
    "PATCH /api/v1/store": ADMIN,
    "GET /api/v1/store/balance": READ,
    "GET /api/v1/store/inbound": READ,
    "PATCH /api/v1/store/inbound": ADMIN,
    "GET /api/v1/inbound": READ,
    "GET /api/v1/inbound/{}": READ,
    "POST /api/v1/inbound/{}/confirm": SEND,
    "POST /api/v1/inbound/{}/lift": SEND,
    "GET /api/v1/contacts": READ,
    "POST /api/v1/contacts": SEND,
    "POST /api/v1/contacts/lookup": READ,
    "GET /api/v1/contacts/{}": READ,
    "PATCH /api/v1/contacts/{}": SEND,
    "DELETE /api/v1/contacts/{}": SEND,
    "POST /api/v1/contacts/{}/erase": SEND,
    "POST /api/v1/contacts/{}/opt-out": SEND,
    "POST /api/v1/contacts/{}/opt-in": SEND,
    "GET /api/v1/contacts/{}/consent": READ,
    "GET /api/v1/contacts/{}/timeline": READ,
    "GET /api/v1/contacts/{}/export": READ,
    "GET /api/v1/store/join": READ,
    "PATCH /api/v1/store/join": ADMIN,
    "GET /api/v1/store/join/qr.svg": READ,
    "GET /api/v1/lists": READ,
    "POST /api/v1/lists": SEND,
    "GET /api/v1/lists/{}": READ,
    "PATCH /api/v1/lists/{}": SEND,
    "DELETE /api/v1/lists/{}": SEND,
    "POST /api/v1/lists/{}/members": SEND,
    "GET /api/v1/segments": READ,
    "POST /api/v1/segments": SEND,
    "GET /api/v1/segments/rules": READ,
    "POST /api/v1/segments/preview": READ,
    "GET /api/v1/segments/{}": READ,
    "PATCH /api/v1/segments/{}": SEND,
    "DELETE /api/v1/segments/{}": SEND,
    "GET /api/v1/imports": READ,
    "POST /api/v1/imports": SEND,
    "GET /api/v1/imports/{}": READ,
    "GET /api/v1/imports/{}/preview": READ,
    "POST /api/v1/imports/{}/cancel": SEND,
    "GET /api/v1/imports/{}/errors.csv": READ,
    "GET /api/v1/suppressions": READ,
    "POST /api/v1/suppressions": SEND,
    "GET /api/v1/suppressions/{}": READ,
    "POST /api/v1/suppressions/lookup": READ,
    "POST /api/v1/suppressions/{}/lift": ADMIN,
    "GET /api/v1/api-keys": ADMIN,
    "POST /api/v1/api-keys": ADMIN,
    "GET /api/v1/api-keys/{}": ADMIN,
    "DELETE /api/v1/api-keys/{}": ADMIN,
    "GET /api/v1/members": ADMIN,
    "POST /api/v1/members": ADMIN,
    "GET /api/v1/members/{}": ADMIN,
    "PATCH /api/v1/members/{}": ADMIN,
    "DELETE /api/v1/members/{}": ADMIN,
    "GET /api/v1/audit": ADMIN,
    "GET /api/v1/stores": READ,
    "GET /api/v1/billing/ledger": READ,
    "GET /api/v1/billing/reservations": READ,
    "GET /api/v1/billing/packages": READ,
    "GET /api/v1/billing/invoices": READ,
    "POST /api/v1/billing/checkout": ADMIN,
    "POST /api/v1/billing/portal": ADMIN,
    "GET /api/v1/billing/prices": READ,
    "GET /api/v1/billing/plans": READ,
    "GET /api/v1/billing/subscription": READ,
    "GET /api/v1/billing/statement": READ,
    "GET /api/v1/billing/statement.csv": READ,
    "GET /api/v1/campaigns": READ,
    "POST /api/v1/campaigns": SEND,
    "POST /api/v1/campaigns/quote": SEND,
    "POST /api/v1/campaigns/preview": SEND,
    "GET /api/v1/campaigns/{}": READ,
    "PATCH /api/v1/campaigns/{}": SEND,
    "DELETE /api/v1/campaigns/{}": SEND,
    "GET /api/v1/campaigns/{}/quote": READ,
    "GET /api/v1/campaigns/{}/preview": READ,
    "POST /api/v1/campaigns/{}/enqueue": SEND,
    "POST /api/v1/campaigns/{}/schedule": SEND,
    "POST /api/v1/campaigns/{}/unschedule": SEND,
    "POST /api/v1/campaigns/{}/pause": SEND,
    "POST /api/v1/campaigns/{}/resume": SEND,
    "POST /api/v1/campaigns/{}/cancel": SEND,
    "POST /api/v1/campaigns/{}/retry-failed": SEND,
    "GET /api/v1/campaigns/{}/retry-price": READ,
    "GET /api/v1/campaigns/{}/progress": READ,
    "GET /api/v1/campaigns/{}/events": READ,
    "GET /api/v1/campaigns/{}/metrics": READ,
    "GET /api/v1/campaigns/{}/series": READ,
    "GET /api/v1/campaigns/{}/failures": READ,
    "POST /api/v1/campaigns/{}/refresh": SEND,
    "GET /api/v1/campaigns/{}/recipients": READ,
    "GET /api/v1/campaigns/{}/recipients.csv": READ,
    "POST /api/v1/campaigns/{}/recipients/lookup": READ,
    "GET /api/v1/campaigns/{}/recipients/{}/trace": READ,
    "GET /api/v1/campaigns/{}/batches": READ,
    "GET /api/v1/campaigns/{}/history": READ,
    "GET /api/v1/webhooks": ADMIN,
    "POST /api/v1/webhooks": ADMIN,
    "GET /api/v1/webhooks/{}": ADMIN,
    "PATCH /api/v1/webhooks/{}": ADMIN,
    "DELETE /api/v1/webhooks/{}": ADMIN,
    "POST /api/v1/webhooks/{}/rotate-secret": ADMIN,
    "POST /api/v1/webhooks/{}/test": ADMIN,
    "POST /api/v1/webhooks/{}/redeliver": ADMIN,
    "GET /api/v1/webhooks/{}/deliveries": ADMIN,
    "GET /api/v1/webhook-deliveries/{}": ADMIN,
    "POST /api/v1/webhook-deliveries/{}/redeliver": ADMIN,
    "GET /api/v1/messages": READ,
    "POST /api/v1/messages/lookup": READ,
    "GET /api/v1/messages/export.csv": READ,
    "GET /api/v1/store/dashboard": READ,
    "GET /api/v1/store/events": READ,
    "GET /api/v1/contacts/export.csv": READ,
    "POST /api/v1/campaigns/{}/clone": SEND,
    "POST /api/v1/campaigns/{}/archive": SEND,
    "POST /api/v1/campaigns/{}/unarchive": SEND,
    "POST /api/v1/campaigns/{}/priority": SEND,
    "POST /api/v1/campaigns/{}/test": SEND,
    "POST /api/v1/messages": SEND,
    "GET /api/v1/templates": READ,
    "POST /api/v1/templates": SEND,
    "GET /api/v1/templates/{}": READ,
    "PATCH /api/v1/templates/{}": SEND,
    "DELETE /api/v1/templates/{}": SEND,
    "POST /api/v1/templates/{}/duplicate": SEND,
    "GET /api/v1/templates/starters": READ,
    "POST /api/v1/templates/starters": SEND,
    "GET /api/v1/automations": READ,
    "POST /api/v1/automations": SEND,
    "GET /api/v1/automations/{}": READ,
    "PATCH /api/v1/automations/{}": SEND,
    "DELETE /api/v1/automations/{}": SEND,
    "POST /api/v1/automations/{}/on": SEND,
    "POST /api/v1/automations/{}/off": SEND,
    "GET /api/v1/automations/{}/preview": READ,
    "GET /api/v1/automations/{}/runs": READ,
    "GET /api/v1/automations/{}/statistics": READ,
    "GET /api/v1/events": READ,
    "POST /api/v1/events": SEND,
    "GET /api/v1/dead-letters": ADMIN,
    "POST /api/v1/dead-letters/{}/requeue": ADMIN,
    "POST /api/v1/dead-letters/{}/discard": ADMIN,
}
KEYS = {"read": {READ}, "send": {SEND}, "admin": {ADMIN}}
ROLES = {"viewer": {READ}, "manager": {READ, SEND}, "owner": {READ, SEND, ADMIN}}
# What is not a matter of scopes: who may.
SPECIAL = {
    "POST /api/v1/stores": set(ROLES),  # people open stores, keys belong to one
    "GET /api/v1/jobs/health": {*KEYS, "stranger"},  # any key, and staff: it says nothing of a store
}
REFUSALS = {401, 403, 404}
ROUTES = {f"{method.upper()} {route.path}": (route, method) for route in API for method in route.methods}


def test_every_route_is_in_the_table() -> None:
    assert set(ROUTES) == {*NEEDS, *SPECIAL}


def client_of(who: str, *, store: Store, other: Store) -> APIClient:
    """A client of nobody, of a key with one scope, of a member in a role, or of another store's almighty key."""
    if who in KEYS:
        return with_key(store, who)
    if who in ROLES:
        return as_role(store, who)
    return with_key(other) if who == "stranger" else APIClient(raise_request_exception=False)


def expected(name: str, who: str) -> int | None:
    """The refusal that somebody gets; None when the call is theirs to make."""
    if who == "nobody":
        return 401
    if name in SPECIAL:
        return None if who in SPECIAL[name] else 403
    if who == "stranger":
        return 404 if "{}" in name else None
    return None if NEEDS[name] in {**KEYS, **ROLES}[who] else 403


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_everybody_gets_what_the_table_says(store: Store, other_store: Store, name: str) -> None:
    wrong = {}
    for who in ("nobody", *KEYS, *ROLES, "stranger"):
        status = _call(name, client_of(who, store=store, other=other_store), store)
        refusal = status if status in REFUSALS else None
        if refusal != expected(name, who) or status >= 500:
            wrong[who] = (status, expected(name, who))

    assert wrong == {}, "who: (got, expected)"


def _call(name: str, client: APIClient, store: Store) -> int:
    """The status of the call on a new row of the store, with an empty body."""
    route: Route = ROUTES[name][0]
    method: Any = getattr(client, ROUTES[name][1])
    path = address_of(route.path, row_of(store, route.view.kind)) if "{}" in route.path else route.path
    return int(method(path).status_code if name.startswith(("GET", "DELETE")) else method(path, {}).status_code)
