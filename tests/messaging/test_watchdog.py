"""The watchdog: each kind of trouble is seen, told once, and over when it is over."""

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from audiences.models import ContactImport
from campaigns.models import Campaign, CampaignSnapshot, SendBatch
from campaigns.services.moves import schedule
from config.audit import SYSTEM
from config.beat import SCHEDULE
from config.heartbeats import Process, beat
from config.models import Heartbeat, SweepRun
from config.redis import client
from messaging.models import Alert, Receipt
from messaging.sending import spool
from messaging.sending.breaker import FAULTS, stop
from messaging.tidy import tidy
from messaging.watchdog import watchman
from messaging.watchdog.alerts import LOCK, watch
from tests.api.clients import V1, with_key
from tests.factories import CampaignFactory, ProviderAccountFactory, StoreFactory
from tests.races import at_once
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)
QUEUES = ("send", "default", "import", "receipts")


@pytest.fixture(autouse=True)
def healthy(db: None, settings: Settings, tmp_path: Path) -> None:
    """A house in which everything works."""
    settings.LOCAL_DIR = tmp_path
    now = timezone.now()
    beat(Process(name="all@host", kind="worker", queues=QUEUES))
    beat(Process(name="beat@host.1", kind="beat"))
    SweepRun.objects.bulk_create([SweepRun(name=task.value, started_at=now, finished_at=now) for task in SCHEDULE])


def seen() -> list[tuple[str, str]]:
    """Open alerts after a look."""
    watch()
    return sorted(Alert.objects.filter(closed_at=None).values_list("name", "subject"))


def test_where_everything_works_there_is_nothing_to_tell() -> None:
    launched(people=3)

    assert seen() == []


# Each kind of trouble: what is done, and the alert ------------------------------------------------------------------


def no_worker() -> str:
    Heartbeat.objects.filter(kind="worker").update(queues="default,import,receipts")
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
    schedule(store_id=campaign.store_id, campaign_id=campaign.pk, send_at=hence, actor=SYSTEM)
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


def outcomes_spooled() -> str:
    launched(people=1)
    work = claimed()
    marked(work)
    os.utime(spool.write(settlement(work)), (0, 0))
    return ""


TROUBLES: list[Callable[[], str]] = [
    no_worker,
    no_beat,
    sending_waits,
    receipts_wait,
    sweep,
    installation,
    campaign_stuck,
    snapshot_stuck,
    campaign_late,
    import_stuck,
    account_stopped,
    dead_letters,
    receipts_unmatched,
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


def test_every_alert_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()

    names = {trouble.__name__ for trouble in TROUBLES} | {"redis", "watchdog"}
    assert {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")} == names


# Opened once, closed when over --------------------------------------------------------------------------------------


def test_it_is_told_once_and_is_over_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="messaging"):
        no_worker()
        seen()
        seen()
        Heartbeat.objects.filter(kind="worker").update(queues=",".join(QUEUES))
        assert seen() == []

    told = [(record.message, record.levelname) for record in caplog.records if record.message.startswith("alert_")]
    assert told == [("alert_opened", "ERROR"), ("alert_closed", "INFO")]
    assert Alert.objects.get().closed_at is not None


def test_what_comes_back_is_a_new_alert() -> None:
    for queues in ("send", ",".join(QUEUES), "send"):
        Heartbeat.objects.filter(kind="worker").update(queues=queues)
        watch()

    assert Alert.objects.filter(name="no_worker", subject="queue:default").count() == 2
    assert Alert.objects.filter(name="no_worker", subject="queue:default", closed_at=None).count() == 1


def test_a_look_that_fails_is_an_alert_and_hides_no_other() -> None:
    no_worker()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audiences_contactimport RENAME COLUMN touched_at TO moved_at")

    assert seen() == [("no_worker", "queue:send"), ("watchdog", "look:stuck_imports")]


def test_nothing_of_a_sweep_s_error_but_its_kind_is_told() -> None:
    sweep()
    watch()

    assert Alert.objects.get().detail == "failed: ValueError"


def test_a_paused_campaign_and_a_stopped_store_are_no_trouble() -> None:
    sending_waits()
    Campaign.objects.update(status="paused")

    assert seen() == []


def test_a_campaign_that_waits_for_its_retry_is_no_trouble() -> None:
    campaign = launched(people=3)
    CampaignSnapshot.objects.update(done_at=timezone.now() - LONG_AGO)
    SendBatch.objects.filter(campaign=campaign).update(ready_at=timezone.now() + timedelta(seconds=48))

    assert seen() == []


def test_old_alerts_are_tidied_away() -> None:
    now = timezone.now()
    for days, subject in ((91, "old"), (89, "young")):
        closed = now - timedelta(days=days)
        Alert.objects.create(name="x", subject=subject, detail="", opened_at=closed, seen_at=closed, closed_at=closed)

    assert tidy()["alerts"] == 1
    assert Alert.objects.get().subject == "young"


# Where it is seen, and by whom it is looked -------------------------------------------------------------------------


def test_the_state_of_the_house_shows_it() -> None:
    no_beat()
    watch()

    alerts = with_key(StoreFactory.create()).get(f"{V1}/jobs/health").json()["alerts"]

    assert [(alert["name"], alert["detail"]) for alert in alerts] == [
        ("no_beat", "No Beat is alive: nothing scheduled starts, lost work is not found.")
    ]


def test_the_dashboard_shows_it(admin_client: Any) -> None:
    no_beat()
    watch()

    assert "No Beat is alive: nothing scheduled starts, lost work is not found." in admin_client.get("/admin/").text


def test_when_somebody_looks_already_nothing_is_done_twice(transactional_db: None) -> None:
    no_worker()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        [other] = at_once(1, lambda _: watch())
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    assert (other, Alert.objects.count()) == ({"open": 0, "opened": 0, "closed": 0}, 0)


@pytest.mark.race
def test_many_looks_at_once_open_one_alert(transactional_db: None) -> None:
    no_worker()

    at_once(8, lambda _: watch())

    assert Alert.objects.filter(name="no_worker").count() == 1


def test_without_any_worker_the_stream_process_looks(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.all().delete()
    monkeypatch.setattr(watchman, "EVERY", 0.05)
    looking = watchman.Watchman()

    looking.start()
    ends = timezone.now() + timedelta(seconds=20)
    while not Alert.objects.filter(name="no_beat").exists() and timezone.now() < ends:
        connection.close()
    looking.stop()

    assert Alert.objects.filter(name="no_worker").count() == 4
