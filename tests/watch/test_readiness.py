"""Each line of /readyz: broken in turn, it is that line which says so and no other."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.models import Heartbeat, SweepRun
from messaging.health import checks

pytestmark = pytest.mark.usefixtures("working")


def ready(client: Client) -> tuple[int, dict[str, str]]:
    """Status of /readyz, and the parts that do not work with their reasons."""
    answer = client.get("/readyz")
    return answer.status_code, {check["name"]: check["reason"] for check in answer.json()["checks"] if not check["ok"]}


def no_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")


def without_queue(name: str) -> Callable[[], None]:
    def stop() -> None:
        queues = [queue for queue in ("send", "default", "import", "receipts", "hooks") if queue != name]
        Heartbeat.objects.filter(kind="worker").update(queues=",".join(queues))

    return stop


def no_beat() -> None:
    Heartbeat.objects.filter(kind="beat").update(beat_at=timezone.now() - timedelta(seconds=31))


def stranger() -> None:
    Heartbeat.objects.create(
        name="web@other.1",
        kind="web",
        pid=1,
        host="other",
        fingerprint="elsewhere",
        started_at=timezone.now(),
        beat_at=timezone.now(),
    )


def late_sweep() -> None:
    SweepRun.objects.filter(name="messaging.tidy").update(started_at=timezone.now() - timedelta(hours=1))


BROKEN: dict[str, tuple[Callable[[], object], str]] = {
    "database": (no_database, r"The database does not answer \(OperationalError\)\."),
    "migrations": (
        lambda: MigrationRecorder.Migration.objects.filter(app="campaigns").delete(),
        r"\d+ not applied: campaigns\.0001_initial, .*\.",
    ),
    "workers.send": (without_queue("send"), r"No worker of this queue beat within 30 s\."),
    "workers.default": (without_queue("default"), r"No worker of this queue beat within 30 s\."),
    "workers.import": (without_queue("import"), r"No worker of this queue beat within 30 s\."),
    "workers.receipts": (without_queue("receipts"), r"No worker of this queue beat within 30 s\."),
    "workers.hooks": (without_queue("hooks"), r"No worker of this queue beat within 30 s\."),
    "beat": (no_beat, r"No Beat within 30 s\."),
    "installation": (stranger, r"Another broker or database than here: web@other\.1\."),
    "sweeps": (late_sweep, r"messaging\.tidy late\."),
}


@pytest.fixture
def slow_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe takes a second, for a database that may not."""
    monkeypatch.setattr(checks, "PROBE", "SELECT pg_sleep(1)")


@pytest.fixture
def away() -> Iterator[None]:
    """A broker where nobody listens."""
    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = "redis://127.0.0.1:1/0"  # type: ignore[misc]
    yield
    current_app.conf.broker_write_url = before  # type: ignore[misc]


@pytest.mark.parametrize("name", BROKEN)
def test_each_part_that_is_broken_is_the_one_that_says_so(
    client: Client, name: str, request: pytest.FixtureRequest
) -> None:
    if name == "database":
        request.getfixturevalue("slow_probe")
    act, reason = BROKEN[name]
    act()

    status, wrong = ready(client)

    assert (status, set(wrong)) == (503, {name})
    assert re.fullmatch(reason, wrong[name])


def test_a_broker_that_is_away_is_the_one_that_says_so(client: Client, away: None) -> None:
    assert ready(client) == (503, {"broker": "The broker cannot be reached (OperationalError)."})


def test_a_disk_that_takes_nothing_is_said(client: Client, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.LOCAL_DIR = tmp_path / "file"

    assert ready(client) == (
        503,
        {"spool": "The folder of spooled outcomes cannot be written to (NotADirectoryError)."},
    )


def test_a_disk_that_is_nearly_full_is_said(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.LOCAL_DIR = tmp_path
    settings.SPOOL_FREE_MEGABYTES = 1_000_000_000

    status, wrong = ready(client)

    assert (status, set(wrong)) == (503, {"spool"})
    assert re.fullmatch(r"\d+ MB are free for spooled outcomes; 1000000000 are wanted\.", wrong["spool"])


def test_every_part_was_broken_above(client: Client) -> None:
    names = {check["name"] for check in client.get("/readyz").json()["checks"]}

    assert names == {*BROKEN, "broker", "spool"}
    assert ready(client) == (200, {})
