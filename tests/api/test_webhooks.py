"""The webhooks API: an owner makes, changes and deletes them; the secret is shown once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from config.models import AuditEvent
from config.opaque import public_id
from messaging.models import WebhookDelivery, WebhookEndpoint
from tests.api.clients import V1, as_role, code, pointers
from tests.factories import WebhookEndpointFactory
from tests.hooks.steps import ended, published, told

pytestmark = pytest.mark.django_db
URL = "https://8.8.8.8/hook"
BODY = {"url": URL, "events": ["campaign.completed", "credits.low"], "description": "Shop"}


def made(api: APIClient, **changes: Any) -> dict[str, Any]:
    answer = api.post(f"{V1}/webhooks", {**BODY, **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_webhook_is_made_and_its_secret_shown_once(api: APIClient) -> None:
    shown = made(api)

    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    assert (shown["url"], shown["events"], shown["status"]) == (URL, ["campaign.completed", "credits.low"], "active")
    assert shown["include_phones"] is False
    assert api.get(f"{V1}/webhooks/{shown['id']}").json() == shown
    assert secret not in api.get(f"{V1}/webhooks").content.decode()
    with_secret = str(list(WebhookEndpoint.objects.values_list("secrets")))
    assert secret not in with_secret
    assert AuditEvent.objects.get(action="webhook.create").facts["events"] == ["campaign.completed", "credits.low"]


def test_secrets_are_encrypted_at_rest(api: APIClient) -> None:
    secret = made(api)["secret"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM messaging_webhookendpoint")
        [(stored,)] = cursor.fetchall()

    assert secret not in stored
    assert stored.startswith("gAAAA")


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"url": "http://8.8.8.8/"}, "#/url", "bad_scheme"),
        ({"url": "https://127.0.0.1/"}, "#/url", "private_address"),
        ({"url": "https://localhost/"}, "#/url", "private_address"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "#/url", "private_address"),
        ({"url": "https://[::1]/"}, "#/url", "private_address"),
        ({"url": "https://me:pw@8.8.8.8/"}, "#/url", "credentials_in_url"),
        ({"url": "https://8.8.8.8:22/"}, "#/url", "bad_port"),
        ({"url": "nonsense"}, "#/url", "bad_scheme"),
        ({"url": ""}, "#/url", "blank"),
        ({"events": []}, "#/events", "empty"),
        ({"events": ["campaign.exploded"]}, "#/events/0", "invalid_choice"),
        ({"secret": "mine"}, "#/secret", "unknown_field"),
        ({"status": "active"}, "#/status", "read_only"),
    ],
)
def test_what_does_not_fit_is_refused(api: APIClient, changes: dict[str, Any], pointer: str, said: str) -> None:
    answer = api.post(f"{V1}/webhooks", {**BODY, **changes})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [(pointer, said)]
    assert WebhookEndpoint.objects.count() == 0


def test_for_development_this_machine_may_be_called(api: APIClient, settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    assert made(api, url="http://127.0.0.1:5000/hook")["url"] == "http://127.0.0.1:5000/hook"


def test_a_store_has_twenty_at_most(api: APIClient, store: Store) -> None:
    WebhookEndpointFactory.create_batch(20, store=store)

    assert code(api.post(f"{V1}/webhooks", BODY)) == (409, "TOO_MANY_WEBHOOKS")

    gone = api.get(f"{V1}/webhooks").json()["results"][0]["id"]
    assert api.delete(f"{V1}/webhooks/{gone}").status_code == 204
    made(api)


def test_it_can_be_changed_and_switched_off_and_on(api: APIClient) -> None:
    address = f"{V1}/webhooks/{made(api)['id']}"

    off = api.patch(address, {"enabled": False, "events": ["credits.low"]}).json()
    WebhookEndpoint.objects.update(failures=7, failing_since=timezone.now())
    on = api.patch(address, {"enabled": True, "description": "", "include_phones": True}).json()

    assert (off["status"], off["status_reason"], off["events"]) == ("disabled", "Switched off by key.", ["credits.low"])
    assert (on["status"], on["status_reason"], on["failing_since"]) == ("active", "", None)
    assert (on["description"], on["include_phones"]) == ("", True)
    assert WebhookEndpoint.objects.get().failures == 0
    assert pointers(api.patch(address, {"url": "https://10.0.0.1/"})) == [("#/url", "private_address")]
    assert WebhookEndpoint.objects.get().url == URL


def test_what_was_read_may_be_sent_back(api: APIClient) -> None:
    shown = made(api)
    del shown["secret"]

    again = api.patch(f"{V1}/webhooks/{shown['id']}", shown)

    assert again.status_code == 200
    assert {**again.json(), "updated_at": ""} == {**shown, "updated_at": ""}


def test_a_rotated_secret_is_shown_once_and_the_old_one_is_valid_for_a_day(api: APIClient) -> None:
    before = made(api)

    after = api.post(f"{V1}/webhooks/{before['id']}/rotate-secret").json()

    assert after["secret"] != before["secret"]
    assert after["secret"].startswith("whsec_")
    assert after["previous_secret_until"] > (timezone.now() + timedelta(hours=23)).isoformat()
    assert WebhookEndpoint.objects.get().secrets == {"current": after["secret"], "previous": before["secret"]}


def test_a_deleted_one_is_gone_with_its_secrets(api: APIClient) -> None:
    address = f"{V1}/webhooks/{made(api)['id']}"

    assert api.delete(address).status_code == 204

    assert code(api.get(address)) == (404, "NOT_FOUND")
    assert api.get(f"{V1}/webhooks").json()["results"] == []
    assert code(api.delete(address)) == (404, "NOT_FOUND")
    assert WebhookEndpoint.objects.get().secrets == {}


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_only_owners_may(store: Store, role: str) -> None:
    assert code(as_role(store, role).get(f"{V1}/webhooks")) == (403, "FORBIDDEN")


def hook(store: Store) -> tuple[WebhookEndpoint, str]:
    endpoint = WebhookEndpointFactory.create(store=store)
    return endpoint, f"{V1}/webhooks/{public_id(endpoint.pk, kind='whk')}"


def test_a_test_is_on_its_way_and_can_be_watched(api: APIClient, store: Store) -> None:
    _, address = hook(store)

    answer = api.post(f"{address}/test")

    assert answer.status_code == 202
    watched = api.get(f"{V1}/webhook-deliveries/{answer.json()['id']}").json()
    assert (watched["event"], watched["state"], watched["log"]) == ("webhook.test", "pending", [])
    assert watched["body"]["type"] == "webhook.test"


def test_one_that_is_disabled_is_not_tested(api: APIClient, store: Store) -> None:
    endpoint, address = hook(store)
    WebhookEndpoint.objects.update(status="disabled")
    [number] = told(endpoint, 1)
    WebhookDelivery.objects.filter(pk=number).update(state="dead")

    assert code(api.post(f"{address}/test")) == (409, "WEBHOOK_DISABLED")
    assert code(api.post(f"{address}/redeliver", {"since": "2020-01-01T00:00:00Z"})) == (409, "WEBHOOK_DISABLED")
    assert WebhookDelivery.objects.get().state == "dead"


def test_deliveries_are_listed_narrowed_and_paged(api: APIClient, store: Store) -> None:
    endpoint, address = hook(store)
    told(endpoint, 3)
    campaign = published(store, "launch", "complete")
    WebhookDelivery.objects.filter(event="credits.low").update(state="dead", last_status=500)
    address += "/deliveries"
    mine = public_id(campaign.pk, kind="cmp")

    everything = api.get(address).json()["results"]
    assert [row["event"] for row in everything] == ["campaign.completed", "campaign.started", *["credits.low"] * 3]
    assert [row["sequence"] for row in api.get(address, {"campaign": mine}).json()["results"]] == [2, 1]
    assert api.get(address, {"campaign": "cmp_nonsense"}).json()["results"] == []
    assert {row["status"] for row in api.get(address, {"state": "dead"}).json()["results"]} == {500}
    assert len(api.get(address, {"event": "campaign.started"}).json()["results"]) == 1
    assert api.get(address, {"since": (timezone.now() + timedelta(days=1)).isoformat()}).json()["results"] == []
    assert code(api.get(address, {"state": "lost"})) == (400, "VALIDATION_ERROR")
    page = api.get(address, {"limit": 4}).json()
    assert [row["id"] for row in page["results"]] == [row["id"] for row in everything[:4]]
    assert [row["id"] for row in api.get(page["next"]).json()["results"]] == [everything[4]["id"]]


def test_one_delivery_is_made_due_again(api: APIClient, store: Store) -> None:
    endpoint, _ = hook(store)
    told(endpoint, 1)
    row = WebhookDelivery.objects.get()
    address = f"{V1}/webhook-deliveries/{public_id(row.pk, kind='dlv')}/redeliver"
    assert code(api.post(address)) == (409, "DELIVERY_UNDER_WAY")
    ended("delivered", tries=5, fence=5)

    answer = api.post(address)

    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (202, "pending", 5)
    row.refresh_from_db()
    assert (row.state, row.tries) == ("pending", 0)
    assert AuditEvent.objects.filter(action="webhook.redeliver").count() == 1


def test_everything_that_was_given_up_since_a_moment_is_made_due_again(api: APIClient, store: Store) -> None:
    endpoint, address = hook(store)
    old, new, fine = told(endpoint, 3)
    now = timezone.now()
    ended("dead", old, new)
    WebhookDelivery.objects.filter(pk=old).update(created_at=now - timedelta(days=3))
    ended("delivered", fine)

    answer = api.post(f"{address}/redeliver", {"since": (now - timedelta(days=1)).isoformat()})

    assert (answer.status_code, answer.json()) == (202, {"deliveries": 1})
    states = dict(WebhookDelivery.objects.values_list("pk", "state"))
    assert states == {old: "dead", new: "pending", fine: "delivered"}
    assert pointers(api.post(f"{address}/redeliver", {})) == [("#/since", "required")]
