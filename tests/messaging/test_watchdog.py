"""The watchdog: each kind of trouble is seen, told once, and over when it is over."""

import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from audiences.models import ContactImport
from campaigns.models import Campaign, CampaignSnapshot, SendBatch
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM
from config.models import Heartbeat, SweepRun
from config.redis import client
from messaging.models import Alert, AlertNotice, InboundMessage, Receipt, WebhookDelivery, WebhookEndpoint
from messaging.routes.health import move_away
from messaging.sending import spool
from messaging.sending.breaker import FAULTS, stop
from messaging.watchdog.troubles import Trouble
from tests.factories import CampaignFactory, ProviderAccountFactory, StoreFactory, WebhookEndpointFactory
from tests.hooks.steps import told
from tests.messaging.house import healthy, seen, without_sender
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)


@pytest.fixture(autouse=True)
def working(db: None, settings: Settings, tmp_path: Path) -> None:
    """A house in which everything works, with a spool of its own; nobody is told of its alerts."""
    settings.LOCAL_DIR = tmp_path
    settings.ALERT_MAIL_TO = []
    healthy()


def test_where_everything_works_there_is_nothing_to_tell() -> None:
    launched(people=3)

    assert seen() == []


# Each kind of trouble: what is done, and the alert ------------------------------------------------------------------


def no_worker() -> str:
    without_sender()
    return "queue:send"


def no_beat() -> str:
    Heartbeat.objects.filter(kind="beat").update(beat_at=timezone.now() - timedelta(seconds=31))
    return ""


def sending_waits() -> str:
    launched(people=3)
    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=61))
    return ""


def receipts_wait() -> str:
    Receipt.objects.create(account_id=1, dedupe="d", status="delivered", next_try_at=timezone.now() - LONG_AGO)
    return ""


def sweep() -> str:
    SweepRun.objects.filter(name="messaging.finish_drained").update(error="ValueError: secret")
    return "sweep:messaging.finish_drained"


def installation() -> str:
    Heartbeat.objects.filter(kind="worker").update(fingerprint="elsewhere")
    return "process:all@host"


def campaign_stuck() -> str:
    campaign = launched(people=3)
    SendBatch.objects.all().delete()
    CampaignSnapshot.objects.update(done_at=timezone.now() - LONG_AGO)
    return f"campaign:{campaign.pk}"


def snapshot_stuck() -> str:
    campaign = launched(people=3)
    CampaignSnapshot.objects.update(done_at=None, touched_at=timezone.now() - LONG_AGO)
    return f"campaign:{campaign.pk}"


def campaign_late() -> str:
    campaign: Campaign = CampaignFactory.create(people=3)
    hence = timezone.now() + LONG_AGO
    schedule(store_id=campaign.store_id, campaign_id=campaign.pk, plan=Plan(hence), actor=SYSTEM)
    Campaign.objects.update(next_try_at=timezone.now() - LONG_AGO)
    return f"campaign:{campaign.pk}"


def import_stuck() -> str:
    told: dict[str, Any] = {"file": "a.csv", "file_name": "a.csv", "actor": "system", "file_bytes": 9}
    job = ContactImport.objects.create(store=StoreFactory.create(), touched_at=timezone.now() - LONG_AGO, **told)
    return f"import:{job.pk}"


def account_stopped() -> str:
    account = ProviderAccountFactory.create()
    stop(account, reason=FAULTS["credentials"])
    return f"provideraccount:{account.pk}"


def account_away() -> str:
    account = ProviderAccountFactory.create()
    move_away(account, reason="3 calls failed")
    return f"provideraccount:{account.pk}"


def dead_letters() -> str:
    launched(people=3)
    SendBatch.objects.update(state="claimed")
    SendBatch.objects.update(state="dead")
    return ""


def receipts_unmatched() -> str:
    Receipt.objects.create(
        account_id=1,
        dedupe="d",
        status="sent",
        tries=3,
        received_at=timezone.now() - LONG_AGO,
        next_try_at="2999-01-01T00:00:00Z",
    )
    return ""


def inbound_waits() -> str:
    InboundMessage.objects.create(account_id=1, dedupe="d", received_at=timezone.now() - LONG_AGO)
    return ""


def inbound_unreadable() -> str:
    now = timezone.now()
    InboundMessage.objects.create(account_id=1, dedupe="d", meaning="unreadable", received_at=now, applied_at=now)
    return ""


def outcomes_spooled() -> str:
    launched(people=1)
    work = claimed()
    marked(work)
    os.utime(spool.write(settlement(work)), (0, 0))
    return ""


def webhooks_wait() -> str:
    endpoint = WebhookEndpointFactory.create()
    told(endpoint, 1)
    long_ago = timezone.now() - LONG_AGO
    WebhookDelivery.objects.update(next_try_at=long_ago)
    WebhookEndpoint.objects.update(served_at=long_ago, hold_until=long_ago)
    return ""


def alerts_untold() -> str:
    settings.ALERT_MAIL_TO = ["ops@example.org"]
    now = timezone.now()
    alert = Alert.objects.create(name="redis", detail="", opened_at=now, seen_at=now)
    AlertNotice.objects.create(alert=alert, channel="mail", event="opened", tries=3, made_at=now - LONG_AGO)
    return "channel:mail"


TROUBLES: list[Callable[[], str]] = [
    no_worker,
    no_beat,
    sending_waits,
    receipts_wait,
    webhooks_wait,
    alerts_untold,
    sweep,
    installation,
    campaign_stuck,
    snapshot_stuck,
    campaign_late,
    import_stuck,
    account_stopped,
    account_away,
    dead_letters,
    receipts_unmatched,
    inbound_waits,
    inbound_unreadable,
    outcomes_spooled,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_each_trouble_is_an_alert(trouble: Callable[[], str]) -> None:
    subject = trouble()

    assert (trouble.__name__, subject) in seen()


def test_redis_that_does_not_answer_is_an_alert(settings: Settings) -> None:
    before = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.cache_clear()
    try:
        assert seen() == [("redis", "")]
    finally:
        settings.REDIS_URL = before
        client.cache_clear()

    assert seen() == []


def test_a_look_that_cannot_look_is_an_alert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE campaigns_campaignsnapshot RENAME COLUMN touched_at TO moved_at")

    assert ("watchdog", "look:stuck_snapshots") in seen()


def test_every_alert_that_there_is_was_fired_above() -> None:
    fired = {trouble.__name__ for trouble in TROUBLES} | {"redis", "watchdog"}

    assert fired == {trouble.value for trouble in Trouble}


@pytest.mark.parametrize(("page", "lead"), [("alerts.md", r"\| "), ("operations.md", "### ")])
def test_every_alert_is_explained(page: str, lead: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text()
    explained = re.findall(rf"^{lead}`([a-z_]+)`", text.partition("## Readiness")[0], re.MULTILINE)

    assert sorted(explained) == sorted(trouble.value for trouble in Trouble)


def test_every_runbook_says_what_it_means_where_to_look_and_what_to_do() -> None:
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    runbooks = text.partition("## Alerts")[2].partition("## Unknown")[0].split("### ")[1:]

    assert [
        book for book in runbooks if not re.search(r"^Means: .*^Look: .*^Do: ", book, re.MULTILINE | re.DOTALL)
    ] == []


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_each_alert_is_over_when_the_house_is_well_again(trouble: Callable[[], str]) -> None:
    before = transaction.savepoint()
    trouble()
    assert seen() != []
    transaction.savepoint_rollback(before)
    for path in spool.folder().glob("*.json"):
        path.unlink()

    assert seen() == []


# What is no trouble --------------------------------------------------------------------------------------------------


def test_a_paused_campaign_and_a_stopped_store_are_no_trouble() -> None:
    sending_waits()
    Campaign.objects.update(status="paused")

    assert seen() == []


def test_a_campaign_that_waits_for_its_retry_is_no_trouble() -> None:
    campaign = launched(people=3)
    CampaignSnapshot.objects.update(done_at=timezone.now() - LONG_AGO)
    SendBatch.objects.filter(campaign=campaign).update(ready_at=timezone.now() + timedelta(seconds=48))

    assert seen() == []


def test_webhooks_that_wait_for_their_endpoint_are_no_trouble() -> None:
    endpoint = WebhookEndpointFactory.create()
    told(endpoint, 2)
    long_ago = timezone.now() - LONG_AGO
    WebhookDelivery.objects.update(next_try_at=long_ago)

    WebhookEndpoint.objects.update(served_at=timezone.now(), hold_until=long_ago)
    assert seen() == []  # it is called again and again: slow
    WebhookEndpoint.objects.update(served_at=long_ago, hold_until=timezone.now() + LONG_AGO)
    assert seen() == []  # it failed and is on hold
    WebhookEndpoint.objects.update(served_at=long_ago, hold_until=long_ago, status="disabled")
    assert seen() == []
