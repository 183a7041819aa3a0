"""Request -> task -> batch: a ring carries whose request it was; the task's lines say so; nothing else travels."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from celery import current_app
from django.db import IntegrityError, transaction

from audiences.models import Contact, Store
from config import correlation, redis
from config.logging import bound_contextvars, logging_config, told
from config.queues import Queue, Task, ring

PHONE = "+306912345678"  # not in a line of code that a traceback would quote
CARRIED = {"request_id": "r-1", "store_id": 7, "actor": "key:3"}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Nothing is bound and no ring waits, before and after."""
    structlog.contextvars.clear_contextvars()
    redis.broker().delete(*Queue)
    yield
    structlog.contextvars.clear_contextvars()
    redis.broker().delete(*Queue)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as the product writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    form = logging_config(level="INFO")["formatters"]["json"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=form["processors"], foreign_pre_chain=form["foreign_pre_chain"])
    )
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def headers() -> dict[str, Any]:
    """What the only ring in the queue `send` carries for the log."""
    [message] = redis.broker().lrange(Queue.SEND, 0, -1)
    return json.loads(message)["headers"]["__django_structlog__"]


@pytest.fixture
def send_next() -> Any:
    """A task of the house, as a worker has it."""
    current_app.loader.import_default_modules()
    return current_app.tasks[Task.SEND_NEXT.value]


def test_a_ring_carries_the_request_and_no_address_of_anybody() -> None:
    structlog.contextvars.bind_contextvars(**CARRIED, ip="203.0.113.9", batch_id=5, user_id=2)

    ring(Task.SEND_NEXT)

    assert headers() == CARRIED


def test_a_ring_of_a_task_names_that_task() -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1", task_id="t-1", task="x", campaign_id=9)

    ring(Task.SEND_NEXT)

    assert headers() == {"request_id": "r-1", "parent_task_id": "t-1"}


def test_the_lines_of_a_task_say_whose_request_it_was_rung_for(send_next: Any, written: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(batch_id=1, left="over")
    send_next.push_request(id="t-2", __django_structlog__={**CARRIED, "phone": "6912345678"})
    try:
        correlation.bind(task_id="t-2", task=send_next)
        with bound_contextvars(batch_id=5):
            logging.getLogger("tests").error("batch_settled")
        logging.getLogger("tests").error("after")
        correlation.unbind()
    finally:
        send_next.pop_request()
    logging.getLogger("tests").error("idle")

    keys = ("request_id", "store_id", "actor", "task_id", "task", "batch_id", "left", "phone")
    found = [
        {key: line[key] for key in keys if key in line} for line in map(json.loads, written.getvalue().splitlines())
    ]
    of_task = {**CARRIED, "task_id": "t-2", "task": "messaging.send_next"}
    assert found == [{**of_task, "batch_id": 5}, of_task, {}]


def test_a_ring_of_the_schedule_has_no_request(send_next: Any) -> None:
    send_next.push_request(id="t-3")
    try:
        correlation.bind(task_id="t-3", task=send_next)
    finally:
        send_next.pop_request()

    assert structlog.contextvars.get_contextvars() == {"task_id": "t-3", "task": "messaging.send_next"}


def test_a_worker_listens(send_next: Any) -> None:
    structlog.contextvars.bind_contextvars(left="over")

    def broken() -> float:
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        current_app.task(name="tests.broken")(broken).apply(throw=True)
    current_app.tasks.pop("tests.broken")

    assert structlog.contextvars.get_contextvars() == {}


# What PostgreSQL says quotes rows -----------------------------------------------------------------------------------


@pytest.fixture
def refused(store: Store) -> IntegrityError:
    """An error that quotes a phone number."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Contact.objects.bulk_create([Contact(store=store, phone=PHONE)])
    assert "6912345678" in str(caught.value)
    return caught.value


def test_an_error_is_told_in_its_first_line(refused: IntegrityError) -> None:
    assert told(refused).startswith("IntegrityError: new row for relation")
    assert "6912345678" not in told(refused)
    assert told(ValueError()) == "ValueError: "
    assert told(LookupError("one\ntwo")) == "LookupError: one"


def test_celery_s_own_line_about_an_error_does_not_quote_the_row(refused: IntegrityError, written: io.StringIO) -> None:
    logging.getLogger("celery.app.trace").error("Task x[1] raised unexpected: %r", refused, exc_info=refused)
    logging.getLogger("tests").error("failed", extra={"error": str(refused), "reason": str(refused)})

    text = written.getvalue()
    assert "raised unexpected: IntegrityError('new row for relation" in text
    assert [
        key for line in text.splitlines() for key, value in json.loads(line).items() if "6912345678" in str(value)
    ] == []


def test_where_a_copy_broke_is_not_quoted(written: io.StringIO) -> None:
    words = 'invalid input\nCONTEXT:  COPY audiences_contact, line 1, column phone: "+306912345678"'
    logging.getLogger("tests").error("import_broken: %s", words)

    assert json.loads(written.getvalue())["event"] == "import_broken: invalid input"
