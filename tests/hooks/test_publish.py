"""Outboxes become deliveries: once per endpoint that wants the event, in order, and nothing for anybody else."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audiences.models import ConsentEvent, Store
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from audiences.services.stores import update_store
from billing.models import CreditAccount
from billing.services import grant
from campaigns.models import CampaignEvent
from config.audit import SYSTEM
from config.opaque import public_id
from config.sql import alone
from messaging.hooks import publish, pump
from messaging.hooks.events import OF_CAMPAIGN, OF_RECIPIENTS, RECEIVED
from messaging.models import WebhookDelivery, WebhookEndpoint
from messaging.models.hooks import EVENTS
from tests.factories import ContactFactory, CreditAccountFactory, WebhookEndpointFactory
from tests.hooks.receiver import Receiver
from tests.hooks.steps import moved, published
from tests.races import at_once
from tests.steps import launched

pytestmark = pytest.mark.django_db


def rows() -> list[tuple[str, int | None]]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("event", "sequence"))


def test_each_move_that_means_something_is_told_in_order(store: Store) -> None:
    WebhookEndpointFactory.create(store=store)
    moves = ("schedule", "unschedule", "launch", "pause", "resume", "complete", "retry", "fail", "cancel")

    campaign = published(store, *moves)

    assert rows() == [
        ("campaign.started", 1),
        ("campaign.paused", 2),
        ("campaign.resumed", 3),
        ("campaign.completed", 4),
        ("campaign.started", 5),
        ("campaign.failed", 6),
        ("campaign.cancelled", 7),
    ]
    assert not CampaignEvent.objects.filter(published_at=None).exists()
    assert set(WebhookDelivery.objects.values_list("campaign_id", flat=True)) == {campaign.pk}


def test_what_was_published_is_not_published_again(store: Store) -> None:
    WebhookEndpointFactory.create(store=store)
    published(store, "launch")

    assert publish.publish()["campaign_events"] == 0
    assert len(rows()) == 1


def test_sequences_go_on_and_are_each_endpoints_and_campaigns_own(store: Store) -> None:
    all_of_it = WebhookEndpointFactory.create(store=store)
    ends_only = WebhookEndpointFactory.create(store=store, events=["campaign.completed", "campaign.failed"])
    spring = published(store, "launch", "complete")
    published(store, "launch")
    CampaignEvent.objects.create(
        store=store, campaign=spring, event="fail", before="sending", after="failed", actor="system"
    )
    publish.publish()

    told = {
        endpoint.pk: list(
            WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("event", "sequence")
        )
        for endpoint in (all_of_it, ends_only)
    }

    assert told[all_of_it.pk] == [
        ("campaign.started", 1),
        ("campaign.completed", 2),
        ("campaign.started", 1),
        ("campaign.failed", 3),
    ]
    assert told[ends_only.pk] == [("campaign.completed", 1), ("campaign.failed", 2)]


def test_the_body_says_what_happened(store: Store, receiver: Receiver) -> None:
    WebhookEndpointFactory.create(store=store, url=receiver.url())
    campaign = launched(store=store, people=3, name="Spring")
    publish.publish()
    pump.deliver()

    [call] = receiver.calls
    assert call.body["type"] == "campaign.started"
    assert call.body["timestamp"].endswith("Z")
    assert call.body["data"] == {
        "campaign": public_id(campaign.pk, kind="cmp"),
        "name": "Spring",
        "status": "sending",
        "before": "draft",
        "reason": "",
        "recipients": 3,
        "credits": 3,
        "counts": {
            "pending": 3,
            "sent": 0,
            "delivered": 0,
            "undelivered": 0,
            "failed": 0,
            "skipped": 0,
            "unknown": 0,
            "unconfirmed": 0,
            "cancelled": 0,
        },
    }


def test_nobody_else_is_told(store: Store, other_store: Store) -> None:
    WebhookEndpointFactory.create(store=other_store)
    WebhookEndpointFactory.create(store=store, status="disabled")
    WebhookEndpointFactory.create(store=store, status="deleted")
    WebhookEndpointFactory.create(store=store, events=["credits.low"])
    WebhookEndpointFactory.create(store=store, created_at=timezone.now() + timedelta(minutes=1))

    published(store, "launch")

    assert rows() == []
    assert not CampaignEvent.objects.filter(published_at=None).exists()


def test_an_opt_out_is_told_and_an_opt_in_is_not(store: Store, receiver: Receiver) -> None:
    WebhookEndpointFactory.create(store=store, url=receiver.url())
    gone, come = ContactFactory.create(store=store), ContactFactory.create(store=store, consent="unknown")
    for contact, consent in ((gone, "opted_out"), (come, "opted_in")):
        change_consent(store_id=store.pk, contact_id=contact.pk, consent=consent, source="stop", actor=SYSTEM)

    assert publish.publish()["consents"] == 2
    pump.deliver()

    [call] = receiver.calls
    assert call.body["type"] == "contact.opted_out"
    assert call.body["data"] == {"contact": public_id(gone.pk, kind="con"), "source": "stop"}
    assert call.body["sequence"] is None
    assert b"+30" not in call.raw
    assert not ConsentEvent.objects.filter(published_at=None).exists()


def test_the_phone_is_in_the_body_for_who_asks_and_never_in_the_row(store: Store, receiver: Receiver) -> None:
    WebhookEndpointFactory.create(store=store, url=receiver.url(), include_phones=True)
    stays, erased = ContactFactory.create(store=store), ContactFactory.create(store=store)
    for contact in (stays, erased):
        change_consent(store_id=store.pk, contact_id=contact.pk, consent="opted_out", source="stop", actor=SYSTEM)
    publish.publish()
    delete_contact(store=store, contact_id=erased.pk, actor=SYSTEM)

    pump.deliver()

    phones = {call.body["data"]["contact"]: call.body["data"]["phone"] for call in receiver.calls}
    assert phones == {public_id(stays.pk, kind="con"): stays.phone, public_id(erased.pk, kind="con"): None}
    assert "+30" not in str(list(WebhookDelivery.objects.values()))


def low(store: Store, threshold: int | None) -> None:
    update_store(store_id=store.pk, changes={"credits_low_at": threshold}, actor=SYSTEM)


def test_low_credits_are_told_once_per_crossing(store: Store) -> None:
    WebhookEndpointFactory.create(store=store)
    CreditAccountFactory.create(store=store, credits=100)
    low(store, 100)
    assert publish.publish()["credits_low"] == 0

    low(store, 101)
    assert publish.publish()["credits_low"] == 1
    assert publish.publish()["credits_low"] == 0
    grant(store_id=store.pk, amount=50, key="more", label="For the test", actor=SYSTEM)
    assert publish.publish()["credits_low"] == 0
    low(store, 500)
    assert publish.publish()["credits_low"] == 1

    data = list(WebhookDelivery.objects.order_by("pk").values_list("data", flat=True))
    assert data == [{"available": 100, "threshold": 101}, {"available": 150, "threshold": 500}]


def test_without_a_threshold_nothing_is_low(store: Store) -> None:
    CreditAccountFactory.create(store=store, credits=1)
    low(store, 5)
    publish.publish()
    assert CreditAccount.objects.get(store=store).low_since

    low(store, None)
    publish.publish()

    assert CreditAccount.objects.get(store=store).low_since is None


@pytest.mark.django_db(transaction=True)
def test_many_publishers_at_once_publish_once_and_in_order(store: Store) -> None:
    endpoint = WebhookEndpointFactory.create(store=store)
    for _ in range(20):
        moved(store, "launch", "pause", "resume", "complete")

    at_once(4, lambda _: publish.publish())
    publish.publish()

    found = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("campaign_id", "sequence")
    assert (
        list(found.values_list("event", "sequence"))
        == [
            ("campaign.started", 1),
            ("campaign.paused", 2),
            ("campaign.resumed", 3),
            ("campaign.completed", 4),
        ]
        * 20
    )


@pytest.mark.django_db(transaction=True)
def test_the_lock_of_the_publisher_is_one_publishers(store: Store) -> None:
    def take(_: int) -> bool:
        with transaction.atomic():
            mine = alone("test")
            if mine:
                assert at_once(1, lambda _: _try()) == [False]
        return mine

    def _try() -> bool:
        with transaction.atomic():
            return alone("test")

    assert take(0)


def test_every_event_of_ours_has_somebody_who_makes_it() -> None:
    assert {*OF_CAMPAIGN.values(), *OF_RECIPIENTS, RECEIVED, "contact.opted_out", "credits.low"} == set(EVENTS)


def test_an_endpoint_that_hears_all_is_told_of_a_backlog_in_chunks(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "CHUNK", 2)
    endpoint: WebhookEndpoint = WebhookEndpointFactory.create(store=store)

    published(store, "launch", "pause", "resume", "complete", "retry")

    found = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("sequence", flat=True)
    assert list(found) == [1, 2, 3, 4, 5]
