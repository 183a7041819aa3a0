"""A sweep leaves a record of its last run, whatever happens in it."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from threading import Barrier
from typing import Any, cast

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.models import Contact, Store
from config.models import SweepRun
from config.queues import Task
from config.sweeps import Counts, sweep
from tests.races import at_once


class Made(StrEnum):
    """A sweep that only these tests know."""

    BROOM = "tests.broom"


@pytest.fixture
def broom() -> Iterator[Callable[[Callable[[], Counts]], Any]]:
    """Makes a sweep of a function."""
    yield sweep(cast("Task", Made.BROOM))
    current_app.tasks.pop(Made.BROOM.value, None)


def finding(*outcomes: Counts | str) -> Callable[[], Counts]:
    """A body that finds these counts, run after run; a text is an error."""
    left = iter(outcomes)

    def body() -> Counts:
        outcome = next(left)
        if isinstance(outcome, str):
            raise LookupError(outcome)
        return outcome

    return body


def record() -> SweepRun:
    return SweepRun.objects.get(name="tests.broom")


def test_a_run_is_recorded_with_its_counts_and_times(db: None, broom: Any) -> None:
    before = timezone.now()

    counts = broom(finding({"swept": 3, "left": 0}))()

    run = record()
    assert counts == run.counts == {"swept": 3, "left": 0}
    assert (run.runs, run.error) == (1, "")
    assert run.finished_at
    assert before <= run.started_at <= run.finished_at <= timezone.now()
    assert run.succeeded_at == run.finished_at


def test_runs_are_counted_in_one_row(db: None, broom: Any) -> None:
    run = broom(finding(*[{"swept": 1}] * 3))

    for _ in range(3):
        run()

    assert record().runs == 3


def test_a_run_is_seen_while_it_lasts(db: None, broom: Any) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    SweepRun.objects.create(name="tests.broom", started_at=long_ago, finished_at=long_ago, runs=7)
    seen: list[SweepRun] = []

    def look() -> Counts:
        seen.append(record())
        return {}

    broom(look)()

    assert seen[0].finished_at == long_ago
    assert seen[0].started_at > long_ago
    assert (seen[0].runs, record().runs) == (7, 8)


def test_an_error_is_recorded_and_raised(db: None, broom: Any) -> None:
    with pytest.raises(LookupError):
        broom(finding("no such dust" + "!" * 600))()

    run = record()
    assert run.error.startswith("LookupError: no such dust!!!")
    assert (len(run.error), run.runs, run.counts) == (500, 0, {})
    assert run.finished_at


def test_an_error_does_not_wipe_what_the_last_good_run_did(db: None, broom: Any) -> None:
    run = broom(finding({"swept": 5}, "gone", {"swept": 0}))

    run()
    with pytest.raises(LookupError):
        run()

    assert (record().counts, record().runs, record().error) == ({"swept": 5}, 1, "LookupError: gone")
    run()
    assert (record().counts, record().runs, record().error) == ({"swept": 0}, 2, "")


def test_when_it_last_ended_well_is_kept_through_errors(db: None, broom: Any) -> None:
    run = broom(finding({"swept": 5}, "gone"))
    run()
    good = record().succeeded_at

    with pytest.raises(LookupError):
        run()

    assert record().succeeded_at == good
    assert record().finished_at != good


def test_of_an_error_of_the_database_the_row_is_not_kept(db: None, broom: Any, store: Store) -> None:

    def double() -> Counts:
        with transaction.atomic():
            Contact.objects.bulk_create([Contact(store=store, phone="+306912345678")])
        return {}

    with pytest.raises(IntegrityError, match="6912345678"):
        broom(double)()

    assert record().error.startswith("IntegrityError: new row for relation")
    assert "6912345678" not in record().error


def test_a_run_that_did_something_is_a_line_in_the_log(db: None, broom: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run = broom(finding({"swept": 0}, {"swept": 2}))

    run()
    assert not [line for line in caplog.records if line.getMessage() == "sweep_done"]
    run()

    [line] = [line for line in caplog.records if line.getMessage() == "sweep_done"]
    assert (line.__dict__["sweep"], line.__dict__["swept"]) == ("tests.broom", 2)


def test_a_sweep_is_a_task_without_arguments_under_its_name(broom: Any) -> None:
    def look() -> Counts:
        """Look around."""
        return {}

    run = broom(look)

    assert (run.name, run.__doc__) == ("tests.broom", "Look around.")
    assert current_app.tasks["tests.broom"].name == "tests.broom"
    with pytest.raises(TypeError):
        run(7)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_overlapping_runs_share_the_row_and_both_count(broom: Any) -> None:
    both_run = Barrier(4)

    def meet() -> Counts:
        both_run.wait(timeout=20)
        return {"swept": 1}

    run = broom(meet)

    outcomes = at_once(4, lambda _: run())

    assert outcomes == [{"swept": 1}] * 4
    assert (SweepRun.objects.count(), record().runs, record().counts) == (1, 4, {"swept": 1})
