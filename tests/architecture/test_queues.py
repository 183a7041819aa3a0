"""Every task has a name, a body, a queue that somebody serves; every sweep has its place in the schedule."""

import re

import pytest
from celery import current_app

from config.beat import SCHEDULE, entries
from config.queues import QUEUES, Queue, Task, queue_of
from tests.architecture.source import APPS, ROOT

# Rung for by name, with or without ids; a sweep rings again for each (config/queues.py, ring_lost and resume_*).
RUNG = {Task.RUN_IMPORT, Task.SNAPSHOT, Task.SEND_NEXT, Task.APPLY_RECEIPTS, Task.APPLY_INBOUND, Task.DELIVER_HOOKS}


@pytest.fixture(scope="module")
def bodies() -> dict[str, object]:
    """Our registered tasks by name."""
    current_app.loader.import_default_modules()
    return {name: task for name, task in current_app.tasks.items() if name.split(".")[0] in APPS}


def served() -> set[str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {queue for line in lines for names in re.findall(r"--queues (\S+)", line) for queue in names.split(",")}


def test_every_name_has_a_body_and_every_body_a_name(bodies: dict[str, object]) -> None:
    assert set(bodies) == {task.value for task in Task}


def test_every_queue_is_served_by_a_process() -> None:
    assert served() == {queue.value for queue in Queue}
    assert {queue_of(task) for task in Task} == set(Queue)


def test_every_task_is_either_a_sweep_or_rung_for(bodies: dict[str, object]) -> None:
    sweeps = {Task(name) for name, task in bodies.items() if hasattr(getattr(task, "run", None), "__wrapped__")}

    assert sweeps == set(SCHEDULE)
    assert set(Task) - sweeps == RUNG


def test_only_rung_tasks_have_queues_of_their_own() -> None:
    assert set(QUEUES) == RUNG


def test_every_sweep_comes_round_within_two_minutes_unless_it_only_tidies() -> None:
    assert {task for task, seconds in SCHEDULE.items() if seconds > 120} == {Task.TIDY, Task.RETAIN}
    assert min(SCHEDULE.values()) >= 1


def test_a_ring_of_the_schedule_does_not_outlive_a_broker_that_was_away() -> None:
    for name, entry in entries().items():
        assert entry["options"]["queue"] == queue_of(Task(name)).value
        assert 10 <= entry["options"]["expire_seconds"] <= 600
