"""Probes, heartbeats and the state of the workers: each part is broken in turn."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Store
from campaigns.models import Campaign, SendBatch
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.beat import SCHEDULE
from config.heartbeats import Process, beat
from config.models import Heartbeat, SweepRun
from messaging.health.work import oldest_due_batch, unmatched_receipts, work
from messaging.models import Receipt
from tests.api.clients import V1, code, with_key, with_session
from tests.factories import CampaignFactory, MemberFactory, UserFactory

QUEUES = ("send", "default", "import", "receipts", "hooks")


@pytest.fixture
def healthy(db: None) -> None:
    """A worker for each queue, a Beat, and sweeps that ran just now."""
    now = timezone.now()
    beat(Process(name="all@host", kind="worker", queues=QUEUES))
    beat(Process(name="beat@host.1", kind="beat"))
    SweepRun.objects.bulk_create([SweepRun(name=task.value, started_at=now, finished_at=now) for task in SCHEDULE])


def ready(client: Client) -> tuple[int, dict[str, str]]:
    """Status of /readyz, and the parts that do not work with their reasons."""
    answer = client.get("/readyz")
    return answer.status_code, {check["name"]: check["reason"] for check in answer.json()["checks"] if not check["ok"]}


def age(seconds: float, **rows: Any) -> None:
    """Make heartbeats older."""
    Heartbeat.objects.filter(**rows).update(beat_at=timezone.now() - timedelta(seconds=seconds))


@pytest.fixture
def sending(db: None) -> Campaign:
    """A campaign with one ready batch of three."""
    campaign = CampaignFactory.create(people=3)
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    return campaign


# Probes -------------------------------------------------------------------------------------------------------------


def test_health_asks_nobody(client: Client) -> None:
    answer = client.get("/healthz")  # without the mark `django_db` a statement would fail the test

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_everything_works(client: Client, healthy: None) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert [check["name"] for check in answer.json()["checks"]] == [
        "database",
        "migrations",
        "workers.send",
        "workers.default",
        "workers.import",
        "workers.receipts",
        "workers.hooks",
        "beat",
        "installation",
        "sweeps",
        "broker",
        "spool",
    ]


def test_probes_are_answered_without_tls(client: Client, healthy: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_database_that_is_away_is_said_and_not_raised(
    client: Client, healthy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")
    monkeypatch.setattr("messaging.health.checks.PROBE", "SELECT pg_sleep(1)")

    status, wrong = ready(client)

    assert (status, wrong) == (503, {"database": "The database does not answer (OperationalError)."})


def test_a_migration_that_is_missing_is_named(client: Client, healthy: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="campaigns").delete()

    status, wrong = ready(client)

    assert status == 503
    assert "campaigns.0001_initial" in wrong["migrations"]


@pytest.fixture
def wrong_broker() -> Iterator[None]:
    """A broker where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield from _broker(f"redis://127.0.0.1:{port}/0")


@pytest.fixture
def silent_broker() -> Iterator[None]:
    """A broker that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield from _broker(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")


def _broker(url: str) -> Iterator[None]:
    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = url  # type: ignore[misc]
    yield
    current_app.conf.broker_write_url = before  # type: ignore[misc]


def test_a_broker_that_is_away_is_said(client: Client, healthy: None, wrong_broker: None) -> None:
    status, wrong = ready(client)

    assert (status, wrong) == (503, {"broker": "The broker cannot be reached (OperationalError)."})


def test_a_broker_that_is_silent_costs_one_second(client: Client, healthy: None, silent_broker: None) -> None:
    started = time.monotonic()

    status, wrong = ready(client)

    assert (status, set(wrong)) == (503, {"broker"})
    assert time.monotonic() - started < 9


def test_without_heartbeats_each_queue_and_beat_are_missing(client: Client, healthy: None) -> None:
    Heartbeat.objects.all().delete()

    status, wrong = ready(client)

    assert status == 503
    assert wrong == {
        "workers.send": "No worker of this queue beat within 30 s.",
        "workers.default": "No worker of this queue beat within 30 s.",
        "workers.import": "No worker of this queue beat within 30 s.",
        "workers.receipts": "No worker of this queue beat within 30 s.",
        "workers.hooks": "No worker of this queue beat within 30 s.",
        "beat": "No Beat within 30 s.",
    }


def test_a_process_that_is_silent_for_half_a_minute_is_dead(client: Client, healthy: None) -> None:
    age(29)
    assert ready(client)[0] == 200

    age(31, kind="beat")
    assert ready(client) == (503, {"beat": "No Beat within 30 s."})


def test_one_queue_without_a_worker_is_enough(client: Client, healthy: None) -> None:
    Heartbeat.objects.filter(name="all@host").update(queues="default,import,receipts,hooks")

    assert ready(client) == (503, {"workers.send": "No worker of this queue beat within 30 s."})


def test_a_worker_of_another_broker_is_noticed(client: Client, healthy: None) -> None:
    Heartbeat.objects.filter(name="all@host").update(fingerprint="another")

    assert ready(client) == (503, {"installation": "Another broker or database than here: all@host."})


@pytest.mark.parametrize(
    ("name", "seconds", "late"),
    [
        ("messaging.ring_lost", 59, False),
        ("messaging.ring_lost", 61, True),
        ("messaging.tidy", 1790, False),
        ("messaging.tidy", 1810, True),
    ],
)
def test_a_sweep_is_late_after_three_intervals_and_a_minute_at_least(
    client: Client, healthy: None, name: str, seconds: int, late: bool
) -> None:
    SweepRun.objects.filter(name=name).update(started_at=timezone.now() - timedelta(seconds=seconds))

    status, wrong = ready(client)

    assert (status, wrong) == ((503, {"sweeps": f"{name} late."}) if late else (200, {}))


def test_a_sweep_that_failed_is_named_without_what_the_error_quotes(client: Client, healthy: None) -> None:
    SweepRun.objects.filter(name="messaging.tidy").update(error="IntegrityError: Key (phone)=(+306971234567) exists")

    assert ready(client) == (503, {"sweeps": "messaging.tidy failed (IntegrityError)."})


def test_a_sweep_that_never_ran_has_time_from_the_start_of_beat(client: Client, healthy: None) -> None:
    SweepRun.objects.filter(name="messaging.ring_lost").delete()
    assert ready(client)[0] == 200

    Heartbeat.objects.filter(kind="beat").update(started_at=timezone.now() - timedelta(minutes=2))
    assert ready(client) == (503, {"sweeps": "messaging.ring_lost late."})


# Work ---------------------------------------------------------------------------------------------------------------


def test_the_oldest_due_batch_has_an_age(sending: Campaign) -> None:
    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=90))

    found = work()

    assert found.batches == {"ready": 1, "claimed": 0, "calling": 0, "ambiguous": 0, "dead": 0}
    assert found.oldest_batch == pytest.approx(90, abs=5)


def test_what_waits_for_a_person_or_a_later_time_is_not_due(sending: Campaign) -> None:
    SendBatch.objects.update(ready_at=timezone.now() + timedelta(seconds=90))
    assert oldest_due_batch() is None

    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=90))
    Store.objects.update(sending_stopped=True)
    assert oldest_due_batch() is None

    Store.objects.update(sending_stopped=False)
    Campaign.objects.update(status="paused")
    assert oldest_due_batch() is None


@pytest.mark.django_db
def test_receipts_that_wait_are_counted_and_aged() -> None:
    long_ago = timezone.now() - timedelta(seconds=40)
    Receipt.objects.create(account_id=1, dedupe="a", status="delivered", received_at=long_ago, tries=2)
    Receipt.objects.create(account_id=1, dedupe="b", status="delivered", applied_at=long_ago, received_at=long_ago)

    found = work()

    assert found.receipts == 1
    assert found.oldest_receipt == pytest.approx(40, abs=5)
    assert unmatched_receipts() == 1


# The API ------------------------------------------------------------------------------------------------------------


def test_a_key_reads_queues_work_processes_and_sweeps(store: Store, healthy: None, sending: Campaign) -> None:
    body = with_key(store, "read").get(f"{V1}/jobs/health").json()

    assert [(queue["name"], queue["workers"]) for queue in body["queues"]] == [(name, 1) for name in QUEUES]
    assert body["work"]["batches"]["ready"] == 1
    assert [(one["name"], one["alive"]) for one in body["processes"]] == [("all@host", True), ("beat@host.1", True)]
    tidy = next(sweep for sweep in body["sweeps"] if sweep["name"] == "messaging.tidy")
    assert (tidy["every"], tidy["late"], tidy["error"]) == (600, False, "")


def test_staff_reads_it_without_a_store_and_a_merchant_does_not(store: Store, healthy: None) -> None:
    member = MemberFactory.create(store=store)
    staff = MemberFactory.build(user=UserFactory.create(is_staff=True))

    assert with_session(staff).get(f"{V1}/jobs/health").status_code == 200
    assert code(with_session(member).get(f"{V1}/jobs/health")) == (403, "FORBIDDEN")
