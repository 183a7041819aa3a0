"""What the provider said survives the database: tried again, kept on disk, replayed once, never lost."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from campaigns.models import CampaignRecipient, SendBatch
from messaging.sending import keep, spool
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import AlreadyBilled, Settlement, settle
from messaging.tasks import expire_calls
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.steps import batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sound")]
OLD = time.time() - 3600
OUTCOMES: list[Outcome] = [Accepted("m-1", 2), Refused("invalid_number", "7", retryable=False), Unsure("timeout")]


@pytest.fixture(autouse=True)
def spool_folder(settings: Settings, tmp_path: Path) -> Path:
    """A spool of this test's own."""
    settings.LOCAL_DIR = tmp_path
    return spool.folder()


@pytest.fixture
def outage() -> Iterator[Any]:
    """A second connection, to do to the first what a database restart would do."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters, autocommit=True) as other:
        yield other


def called(people: int = 3) -> Settlement:
    launched(people=people)
    work = claimed()
    marked(work)
    return settlement(work, OUTCOMES[:people])


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_killed_connection_costs_nothing_and_leaves_nothing(outage: Any, spool_folder: Path) -> None:
    work = called()
    outage.execute("SELECT pg_terminate_backend(%s)", [pid()])

    counts = keep.keep_trying(work)

    assert counts == {"accepted": 1, "refused": 1, "unsure": 1, "again": 0}
    assert files(spool_folder) == []
    campaign = CampaignRecipient.objects.first()
    assert campaign
    assert money(campaign.campaign) == (999, 2)


def test_a_database_that_stays_away_leaves_the_outcome_on_disk(
    outage: Any, spool_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "KEEP_TRYING_SECONDS", 0.0)
    work = called()
    outage.execute("SELECT pg_terminate_backend(%s)", [pid()])

    assert keep.keep_trying(work) == {}

    assert files(spool_folder) == [f"{work.batch_id}-1.json"]
    assert spool.read(spool_folder / f"{work.batch_id}-1.json") == work
    assert spool.size() == 1


def test_a_lock_that_never_comes_free_leaves_the_outcome_on_disk(
    outage: Any, spool_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "KEEP_TRYING_SECONDS", 0.0)
    work = called()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    with outage.transaction():
        outage.execute("SELECT 1 FROM campaigns_sendbatch FOR UPDATE")
        assert keep.keep_trying(work) == {}
    connection.close()

    assert files(spool_folder) == [f"{work.batch_id}-1.json"]


def test_a_short_lock_is_waited_for_without_touching_the_disk(outage: Any, spool_folder: Path) -> None:
    work = called()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    outage.execute("BEGIN")
    outage.execute("SELECT 1 FROM campaigns_sendbatch FOR UPDATE")
    with pytest.raises(OperationalError):
        settle(work)
    outage.execute("ROLLBACK")

    assert keep.keep_trying(work)["accepted"] == 1
    assert files(spool_folder) == []
    connection.close()


def test_an_error_that_no_repetition_mends_is_kept_and_raised(spool_folder: Path) -> None:
    work = called()._replace(outcomes=OUTCOMES[:2])  # one outcome too few: a programming error

    with pytest.raises(ValueError):
        keep.keep_trying(work)

    assert files(spool_folder) == [f"{work.batch_id}-1.json"]
    assert SendBatch.objects.get().state == "calling"


def aged(folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (OLD, OLD))


def test_a_spooled_outcome_is_settled_once_and_removed(spool_folder: Path) -> None:
    work = called()
    spool.write(work)
    assert keep.replay(limit=9) == {"found": 0, "settled": 0, "failed": 0}  # its worker may still be at it
    aged(spool_folder)

    assert keep.replay(limit=9) == {"found": 1, "settled": 1, "failed": 0}
    assert keep.replay(limit=9) == {"found": 0, "settled": 0, "failed": 0}

    campaign = SendBatch.objects.get().campaign
    assert statuses(campaign) == {"sent": 1, "failed": 1, "unknown": 1}
    assert money(campaign) == (999, 2)


def test_one_that_was_settled_before_is_only_removed(spool_folder: Path) -> None:
    work = called(people=1)
    spool.write(work)
    aged(spool_folder)
    settle(work)

    assert keep.replay(limit=9)["settled"] == 1

    assert files(spool_folder) == []
    assert money(SendBatch.objects.get().campaign) == (999, 0)


def test_it_is_settled_although_the_call_was_given_up_meanwhile(spool_folder: Path) -> None:
    work = called()
    spool.write(work)
    aged(spool_folder)
    SendBatch.objects.update(called_at="2020-01-01T00:00:00Z")
    give_up_calls(limit=9)

    keep.replay(limit=9)

    assert statuses(SendBatch.objects.get().campaign) == {"sent": 1, "failed": 1, "unknown": 1}


def test_what_cannot_be_read_stays_and_holds_nobody_up(spool_folder: Path) -> None:
    work = called()
    spool.write(work)
    for name, content in (("1-1.json", b"{"), ("2-1.json", b"[]"), ("3-1.json", b'{"batch_id": 1}'), ("4-1.json", b"")):
        (spool_folder / name).write_bytes(content)
    aged(spool_folder)

    assert keep.replay(limit=1) == {"found": 1, "settled": 1, "failed": 0}

    assert files(spool_folder) == ["1-1.json", "2-1.json", "3-1.json", "4-1.json"]


def test_an_unreadable_file_does_not_stop_the_sweep_of_lost_calls(spool_folder: Path) -> None:
    called()
    SendBatch.objects.update(called_at="2020-01-01T00:00:00Z")
    (spool_folder / "1-1.json").write_bytes(b"{")
    aged(spool_folder)

    counts = expire_calls()

    assert (counts["calls"], counts["unknown"], counts["spool_found"]) == (1, 3, 0)
    assert batch_states(SendBatch.objects.get().campaign) == ["ambiguous"]


def test_one_that_cannot_be_settled_stays_for_the_next_time(spool_folder: Path) -> None:
    work = called()._replace(outcomes=OUTCOMES[:2])
    spool.write(work)
    aged(spool_folder)

    assert keep.replay(limit=9) == {"found": 1, "settled": 0, "failed": 1}

    assert files(spool_folder) == [f"{work.batch_id}-1.json"]


def test_only_this_user_may_read_it(spool_folder: Path) -> None:
    path = spool.write(called())

    assert path.stat().st_mode & 0o777 == 0o600
    assert spool_folder.stat().st_mode & 0o777 == 0o700


def test_it_names_no_credentials_and_no_phones(spool_folder: Path) -> None:
    work = called()

    text = spool.write(work).read_text()

    assert "+30" not in text
    assert str(django_settings.SECRET_KEY) not in text
    assert issubclass(AlreadyBilled, RuntimeError)
