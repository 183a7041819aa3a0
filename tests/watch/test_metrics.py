"""/metrics: what the rows say at the moment of the scrape, for who may ask, bounded, and about nobody."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from audiences.models import Contact
from campaigns.models import CampaignProgress, SendBatch
from config import redis
from config.beat import SCHEDULE
from config.heartbeats import fingerprint
from config.models import Heartbeat, SweepRun
from config.version import VERSION
from messaging.metrics.families import PARTS
from messaging.models import InboundMessage, MessageLog, Receipt
from messaging.routes.health import move_away
from messaging.sending import spool
from messaging.watchdog.alerts import watch
from tests.factories import ProviderAccountFactory, StoreFactory, WebhookEndpointFactory
from tests.hooks.steps import told
from tests.messaging.house import without_sender
from tests.steps import claimed, launched, marked, settlement
from tests.watch.scrape import failed_parts, scraped, value

pytestmark = pytest.mark.usefixtures("working")


# What it says -------------------------------------------------------------------------------------------------------


def test_every_part_can_be_read_in_an_empty_house() -> None:
    series = scraped()

    assert failed_parts(series) == []
    assert {dict(labels)["part"] for name, labels in series if name == "heliograph_part_ok"} == set(PARTS)
    assert value(series, "info", version=VERSION, fingerprint=fingerprint()) == 1
    assert value(series, "batches", state="ready") == 0
    assert value(series, "batches_oldest_due_seconds", priority="urgent") == 0
    assert value(series, "waiting", what="webhooks") == 0
    assert value(series, "alerts_open", alert="no_worker") == 0
    assert ("process_resident_memory_bytes", ()) in series


def test_the_queue_of_sending_is_told_by_priority() -> None:
    campaign = launched(people=3)
    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=90))
    marked(claimed())
    waiting = launched(people=3, priority=0)
    SendBatch.objects.filter(campaign=waiting).update(ready_at=timezone.now() - timedelta(seconds=70))

    series = scraped()

    assert value(series, "batches", state="calling") == SendBatch.objects.filter(campaign=campaign).count() == 1
    assert value(series, "batches_due", priority="urgent") == 1
    assert value(series, "batches_due", priority="normal") == 0
    assert value(series, "batches_oldest_due_seconds", priority="urgent") == pytest.approx(70, abs=30)
    assert value(series, "campaigns", status="sending") == 2
    assert value(series, "campaigns", status="paused") == 0
    assert value(series, "holds_open") == 2
    assert value(series, "holds_credits") == 6


def test_what_may_not_be_sent_is_not_due() -> None:
    campaign = launched(people=3)
    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=90))
    type(campaign.store).objects.update(sending_stopped=True)

    assert value(scraped(), "batches_due", priority="normal") == 0


def test_what_providers_said_lately_is_told_by_account() -> None:
    account = ProviderAccountFactory.create(name="First")
    now = timezone.now()
    lines = [("attempt", "accepted", 1, now), ("attempt", "accepted", 2, now), ("attempt", "unsure", 1, now)]
    lines += [("receipt", "delivered", 1, now), ("attempt", "refused", 1, now - timedelta(minutes=2))]
    MessageLog.objects.bulk_create(
        MessageLog(store_id=1, account_id=account.pk, kind=kind, outcome=outcome, attempt=attempt, at=at)
        for kind, outcome, attempt, at in lines
    )
    MessageLog.objects.create(store_id=1, account_id=999_999, kind="attempt", outcome="accepted", attempt=1)
    MessageLog.objects.create(store_id=1, account_id=999_998, kind="attempt", outcome="accepted", attempt=1)

    series = scraped()

    def number(kind: str, outcome: str, again: str = "no", account: str = "First") -> float | None:
        return value(series, "messages_last_minute", account=account, kind=kind, outcome=outcome, again=again)

    assert (number("attempt", "accepted"), number("attempt", "accepted", "yes")) == (1, 1)
    assert (number("attempt", "unsure"), number("receipt", "delivered")) == (1, 1)
    assert number("attempt", "refused") is None
    assert number("attempt", "accepted", account="other") == 2


def test_accounts_that_are_away_or_stopped_are_told() -> None:
    ProviderAccountFactory.create(name="Well")
    move_away(ProviderAccountFactory.create(name="Away"), reason="3 calls failed")
    ProviderAccountFactory.create(name="Stopped", status="stopped")

    series = scraped()

    names = ("Well", "Away", "Stopped")
    assert [value(series, "account_active", account=name) for name in names] == [1, 1, 0]
    assert [value(series, "account_away", account=name) for name in names] == [0, 1, 0]


def test_receipts_texts_and_webhooks_that_wait_are_told() -> None:
    past, hence = timezone.now() - timedelta(seconds=50), timezone.now() + timedelta(hours=1)
    Receipt.objects.create(account_id=1, dedupe="a", status="delivered", next_try_at=past)
    Receipt.objects.create(account_id=1, dedupe="b", status="delivered", next_try_at=hence, tries=3)
    InboundMessage.objects.create(account_id=1, dedupe="t", next_try_at=past)
    endpoint = WebhookEndpointFactory.create(hold_until=past)
    told(endpoint, 3)
    endpoint.deliveries.update(next_try_at=past)

    series = scraped()

    kinds = ("receipts", "texts", "webhooks")
    assert [value(series, "waiting", what=kind) for kind in kinds] == [2, 1, 3]
    for kind in kinds:
        assert value(series, "waiting_oldest_seconds", what=kind) == pytest.approx(50, abs=30)
    assert value(series, "receipts_unmatched") == 1


def test_webhooks_of_an_endpoint_on_hold_are_not_due() -> None:
    told(WebhookEndpointFactory.create(hold_until=timezone.now() + timedelta(hours=1)), 2)

    series = scraped()

    assert value(series, "waiting", what="webhooks") == 2
    assert value(series, "waiting_oldest_seconds", what="webhooks") == 0


def test_who_lives_is_told() -> None:
    without_sender()
    Heartbeat.objects.filter(kind="beat").update(fingerprint="elsewhere")

    series = scraped()

    assert value(series, "workers_alive", queue="send") == 0
    assert value(series, "workers_alive", queue="hooks") == 1
    assert value(series, "processes_alive", kind="beat") == 1
    assert value(series, "processes_alive", kind="web") == 0
    assert value(series, "processes_strange") == 1
    age = value(series, "heartbeat_age_seconds", process="all@host", kind="worker")
    assert age is not None
    assert 0 <= age < 30


def test_sweeps_are_told_by_their_last_success() -> None:
    good = timezone.now() - timedelta(seconds=100)
    SweepRun.objects.filter(name="messaging.tidy").update(succeeded_at=good, error="ValueError: x")

    series = scraped()

    assert value(series, "sweep_success_age_seconds", sweep="messaging.tidy") == pytest.approx(100, abs=30)
    assert value(series, "sweep_failed", sweep="messaging.tidy") == 1
    assert value(series, "sweep_interval_seconds", sweep="messaging.tidy") == 600
    assert value(series, "sweep_success_age_seconds", sweep="messaging.watch") is None
    assert sum(name == "heliograph_sweep_failed" for name, _ in series) == len(SCHEDULE)


def test_alerts_and_the_spool_are_told() -> None:
    without_sender()
    watch()
    launched(people=1)
    work = claimed()
    marked(work)
    spool.write(settlement(work))

    series = scraped()

    assert value(series, "alerts_open", alert="no_worker") == 1
    assert value(series, "spool_files") == 1
    free = value(series, "spool_free_bytes")
    assert free is not None
    assert free > 0


def test_unknown_recipients_are_told() -> None:
    campaign = launched(people=3)
    marked(claimed())
    SendBatch.objects.update(state="ambiguous")
    CampaignProgress.objects.filter(pk=campaign.pk).update(pending=1, unknown=2)

    assert value(scraped(), "recipients_unknown") == 2


# What it does not say, and costs ------------------------------------------------------------------------------------


def test_nothing_of_a_store_a_campaign_or_a_person_is_said() -> None:
    launched(people=3, name="Secret sale", store=StoreFactory.create(name="Hidden shop", slug="hidden-shop"))
    account = ProviderAccountFactory.create()

    text = Client().get("/metrics").content.decode()

    assert "Secret" not in text
    assert "idden" not in text
    assert account.slug not in text
    assert not [phone for phone in Contact.objects.values_list("phone", flat=True) if phone and phone[1:] in text]
    assert re.findall(r"(?<![\d.])(?:\+?30)?69\d{8}(?![\d.])", text) == []


def test_what_a_scrape_costs_does_not_grow_with_the_stores(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    launched(people=2)
    before = set(scraped(client))
    for _ in range(3):
        campaign = launched(people=2)
        WebhookEndpointFactory.create(store=campaign.store)
        Receipt.objects.create(account_id=1, dedupe=f"r{campaign.pk}", status="delivered")

    with django_assert_max_num_queries(45):  # three of them for each part's transaction
        after = set(scraped(client))

    assert after == before


# When something is broken -------------------------------------------------------------------------------------------


def test_a_part_that_fails_is_said_and_hides_no_other() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_alert RENAME COLUMN closed_at TO ended_at")

    series = scraped()

    assert failed_parts(series) == ["alerts"]
    assert value(series, "batches", state="ready") == 0


def test_without_redis_only_the_rings_are_missing(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    redis.broker.cache_clear()
    try:
        series = scraped()
    finally:
        redis.broker.cache_clear()

    assert not [name for name, _ in series if name == "heliograph_rings_waiting"]
    assert failed_parts(series) == []


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as elsewhere:
        elsewhere.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        elsewhere.setitem(connection.settings_dict, "PORT", "1")
        series = scraped()

    assert set(failed_parts(series)) == {name for name, part in PARTS.items() if part.database}
    assert value(series, "spool_files") == 0
