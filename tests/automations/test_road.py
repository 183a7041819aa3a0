"""A run goes the road of every campaign: opt-out text, opt-outs, caps, quiet hours, webhooks, retries, books."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from audiences.models import Contact, Store
from audiences.services.consent import change_consent, suppress
from audiences.services.contacts import delete_contact
from audiences.services.events import Happened
from campaigns.automations.ingest import take
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.finish import finish
from campaigns.services.launch import launch
from campaigns.services.moves import cancel, pause, resume
from config.audit import SYSTEM
from messaging.hooks import publish
from messaging.models import WebhookDelivery
from messaging.sending.claim import claim
from messaging.sending.settle import settle
from providers.interface import Refused
from tests.automations.steps import at, born, campaigns, passed, runs, swept, texted
from tests.factories import AutomationFactory, WebhookEndpointFactory
from tests.steps import claimed, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db
HOUR = "2026-07-01T06:00"


def run_of(store: Store, **fields: Any) -> Campaign:
    """The campaign of today's birthdays, launched."""
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store, **fields)
    passed(HOUR)
    [campaign] = campaigns(automation)
    return campaign


def test_it_ends_with_the_stores_opt_out_text_and_pays_for_it(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(opt_out_text="Stop: 54000")
    store.refresh_from_db()
    born(store, 7, 1, first_name="Ada")

    campaign = run_of(store, message="Happy birthday {{first_name}}! " + "x" * 130)

    assert (campaign.opt_out_text, campaign.quote.parts) == ("Stop: 54000", 2)  # type: ignore[union-attr]
    assert claimed().people[0].text.endswith("\nStop: 54000")


def test_a_service_message_has_no_opt_out_text(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(opt_out_text="Stop: 54000")
    ada = born(store, 7, 1, first_name="Ada")
    with at("2026-07-01T09:00"):
        automation = AutomationFactory.create(
            store=store, kind="event", event_name="visit", campaign_kind="service", message="See you {{first_name}}"
        )
    with at("2026-07-01T10:00") as now:
        ingested(ada, now)

    passed("2026-07-01T10:01")

    assert texted(automation) == [ada.pk]
    assert [person.text for person in claimed().people] == ["See you Ada"]


def ingested(contact: Contact, now: datetime) -> None:
    take([Happened("visit-1", "visit", {}, now, contact.pk)], store=contact.store)


def test_who_opts_out_between_the_run_and_the_batch_is_skipped(store: Store) -> None:
    ada, bob = born(store, 7, 1), born(store, 7, 1)
    campaign = run_of(store)

    change_consent(store_id=store.pk, contact_id=ada.pk, consent="opted_out", source="stop", actor=SYSTEM)
    work = claimed()

    assert [CampaignRecipient.objects.get(pk=person.recipient_id).contact_id for person in work.people] == [bob.pk]
    assert statuses(campaign) == {"pending": 1, "skipped": 1}


def test_who_opts_out_between_the_run_and_the_launch_is_not_in_the_price(store: Store) -> None:
    ada, bob = born(store, 7, 1), born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    with at(HOUR):
        assert swept()["people"] == 2
        change_consent(store_id=store.pk, contact_id=ada.pk, consent="opted_out", source="stop", actor=SYSTEM)

    passed("2026-07-01T06:00:05")

    [campaign] = campaigns(automation)
    assert texted(automation) == [bob.pk]
    assert campaign.quote.exclusions == {"opted_out": 1}  # type: ignore[union-attr]
    assert money(campaign) == (1000, 1)


def test_who_is_deleted_or_suppressed_meanwhile_is_not_texted(store: Store) -> None:
    gone, barred = born(store, 7, 1), born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    with at(HOUR):
        swept()
        delete_contact(store=store, contact_id=gone.pk, actor=SYSTEM)
        suppress(store_id=None, phone=barred.phone or "", reason="staff", source="ops", actor=SYSTEM)

    passed("2026-07-01T06:00:05")

    [campaign] = campaigns(automation)
    assert (campaign.status, campaign.reason.partition(":")[0]) == ("scheduled", "NO_RECIPIENTS")
    passed("2026-07-01T12:00:05")
    campaign.refresh_from_db()
    assert (campaign.status, texted(automation)) == ("cancelled", [])


def test_the_stores_own_cap_leaves_people_out(store: Store) -> None:
    born(store, 7, 1)
    Store.objects.filter(pk=store.pk).update(cap_per_day=1)
    store.refresh_from_db()
    run_of(store, name="Before")
    work = claimed()
    marked(work)
    settle(settlement(work))
    bob = born(store, 7, 1)

    with at("2026-07-01T07:30"):
        automation = AutomationFactory.create(store=store, send_hour=11, daily_cap=None)
    passed("2026-07-01T08:00")

    assert texted(automation) == [bob.pk]
    assert automation.runs.get().left_out == {"frequency_cap": 1}


def test_in_quiet_hours_it_waits_for_the_morning(store: Store) -> None:
    born(store, 7, 1)
    campaign = run_of(store)
    now = timezone.now().astimezone(ZoneInfo("Europe/Athens"))
    around = {"quiet_from": (now - timedelta(hours=1)).time(), "quiet_until": (now + timedelta(hours=1)).time()}
    Store.objects.filter(pk=store.pk).update(**around)

    claim("worker")

    assert statuses(campaign) == {"pending": 1}
    assert campaign.batches.filter(state="ready", ready_at__gt=timezone.now()).exists()


def test_paused_and_resumed_like_any_campaign(store: Store) -> None:
    born(store, 7, 1)
    campaign = run_of(store)

    pause(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
    assert claim("worker") is None
    resume(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    assert len(claimed().people) == 1


def test_cancelled_by_a_person_it_is_not_made_again(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    with at(HOUR):
        swept()
        [campaign] = campaigns(automation)
        cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    passed("2026-07-01T06:01", "2026-07-01T07:00")

    assert runs(automation) == [("2026-07-01", "made", 1)]
    assert [each.status for each in campaigns(automation)] == ["cancelled"]


def test_a_person_may_launch_it_before_the_sweep_does(store: Store) -> None:
    born(store, 7, 1)
    with at("2026-06-30T12:00"):
        automation = AutomationFactory.create(store=store)
    with at(HOUR):
        swept()
        [campaign] = campaigns(automation)
        launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)

    passed("2026-07-01T06:01", "2026-07-01T20:00")

    assert len(texted(automation)) == 1
    assert money(campaign) == (1000, 1)


def test_what_the_provider_refused_is_told_as_of_any_campaign(store: Store) -> None:
    born(store, 7, 1)
    campaign = run_of(store)
    work = claimed()
    marked(work)

    settle(settlement(work, [Refused("invalid_number", "1", retryable=False)]))
    finish(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.status, statuses(campaign), money(campaign)) == ("failed", {"failed": 1}, (1000, 0))


def test_webhooks_hear_of_it(store: Store) -> None:
    WebhookEndpointFactory.create(store=store, created_at="2026-01-01T00:00:00Z")
    born(store, 7, 1)

    campaign = run_of(store)
    publish.publish()

    told = WebhookDelivery.objects.order_by("pk").values_list("event", "campaign_id")
    assert list(told) == [("campaign.started", campaign.pk)]
