"""What is logged says what happened by ids: no phone number, no name and no text of anybody."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import Settings

from audiences.imports import run_import
from audiences.models import Contact, ContactImport, Store
from audiences.services.contacts import create_contact
from billing.services import grant
from campaigns.models import Campaign, SendBatch
from config import logging as house
from config.audit import SYSTEM
from config.opaque import private_id
from messaging.sending.sender import send_next
from tests.api.clients import V1, with_key
from tests.factories import ProviderAccountFactory, StoreFactory
from tests.simulator import Simulator

SECRETS = ("Eleonora", "Papadimitriou", "eleonora@example.org", "Xanthippe", "opening of our new shop")
PHONES = re.compile(r"69\d{8}|6912 ?34")


@pytest.fixture
def written(settings: Settings) -> Iterator[io.StringIO]:
    """Everything that is logged, down to DEBUG, as the product writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    form = house.logging_config(level="DEBUG")["formatters"]["json"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=form["processors"], foreign_pre_chain=form["foreign_pre_chain"])
    )
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def simulator(tmp_path: Any) -> Iterator[Simulator]:
    running = Simulator(tmp_path)
    running.plan()
    yield running
    running.stop()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line is one JSON object."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _import(api: Any) -> None:
    rows = "phone,first name,email,note\n6912345678,Eleonora,eleonora@example.org,Xanthippe\n12,Eleonora,,\n"
    file = SimpleUploadedFile("people.csv", rows.encode())
    answer = api.post(
        f"{V1}/imports", {"file": file, "consent": "opted_in", "consent_source": "till"}, format="multipart"
    )
    number = private_id(answer.json()["id"], kind="imp")
    assert number
    run_import(number)


@pytest.mark.django_db(transaction=True)
def test_a_whole_campaign_leaves_no_word_about_anybody(
    written: io.StringIO, simulator: Simulator, settings: Settings, tmp_path: Any
) -> None:
    settings.LOCAL_DIR = tmp_path
    store = StoreFactory.create()
    api = with_key(store)
    ProviderAccountFactory.create(base_url=simulator.url)
    grant(store_id=store.pk, amount=100, key="grant:test", label="Test", actor=SYSTEM)
    _import(api)
    contact = api.post(f"{V1}/contacts", {"phone": "6987654321", "last_name": "Papadimitriou"}).json()
    api.post(f"{V1}/contacts/{contact['id']}/opt-in", {"source": "till"})
    api.post(f"{V1}/contacts", {"phone": "6987654321"})
    api.post(f"{V1}/contacts", {"phone": "69876543210000"})
    draft = {"name": "Sale", "message": "{{first_name}}: opening of our new shop", "audience": {"all": True}}
    campaign = api.post(f"{V1}/campaigns", draft).json()
    connection.force_debug_cursor = True
    try:
        assert api.post(f"{V1}/campaigns/{campaign['id']}/enqueue", {}).status_code == 202
        assert send_next()["accepted"] == 2
    finally:
        connection.force_debug_cursor = False

    assert Campaign.objects.get().status == "completed"
    assert len(simulator.received()) == 2
    found = lines(written)
    [settled] = [line for line in found if line.get("event") == "batch_settled"]
    assert (settled["campaign_id"], settled["store_id"]) == (Campaign.objects.get().pk, store.pk)
    assert settled["batch_id"] == SendBatch.objects.get().pk
    assert {"batch_settled", "request_started", "request_finished"} <= {line.get("event") for line in found}
    text = written.getvalue()
    assert PHONES.findall(text) == []
    assert [word for word in SECRETS if word in text] == []


@pytest.mark.django_db
def test_an_import_that_the_database_refuses_is_logged_without_its_rows(
    written: io.StringIO, store: Store, settings: Settings, tmp_path: Any
) -> None:
    settings.LOCAL_DIR = tmp_path
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audiences_contact ADD CONSTRAINT nobody CHECK (first_name <> 'Eleonora')")
    _import(with_key(store))

    job = ContactImport.objects.get()
    assert (job.status, job.error, Contact.objects.count()) == ("failed", "broken", 0)
    [line] = [line for line in lines(written) if line.get("event") == "import_broken"]
    assert (line["level"], line["import_id"]) == ("error", job.pk)
    assert PHONES.findall(written.getvalue()) == []
    assert "Eleonora" not in written.getvalue()
    assert "CheckViolation: new row for relation" in line["exception"]
    assert "audiences/imports/run.py" in line["exception"]


@pytest.mark.django_db
def test_a_line_names_request_store_and_actor(written: io.StringIO, store: Store) -> None:
    answer = with_key(store).get(f"{V1}/store")

    [line] = [line for line in lines(written) if line.get("event") == "request_finished"]
    assert (line["request_id"], line["store_id"]) == (answer["X-Request-ID"], store.pk)
    assert line["actor"].startswith("key:")
    assert line["level"] == "info"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])


@pytest.mark.django_db
def test_two_requests_share_nothing(written: io.StringIO, store: Store, other_store: Store) -> None:
    for client in (with_key(store), with_key(other_store)):
        client.get(f"{V1}/store")

    finished = [line for line in lines(written) if line.get("event") == "request_finished"]
    assert [line["store_id"] for line in finished] == [store.pk, other_store.pk]
    assert len({line["request_id"] for line in finished}) == 2
    assert house.request_id() is None


@pytest.mark.django_db
def test_the_key_itself_is_never_logged(written: io.StringIO, store: Store) -> None:
    client = with_key(store)
    made = client.post(f"{V1}/api-keys", {"name": "till", "scopes": ["read"]}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {made['key']}x")
    client.get(f"{V1}/store")

    assert made["key"].rpartition("_")[2] not in written.getvalue()


def test_an_exception_is_one_line(written: io.StringIO) -> None:
    try:
        raise LookupError("two\nlines")
    except LookupError:
        logging.getLogger("tests").exception("broken", extra={"batch_id": 7})

    [line] = lines(written)
    assert (line["event"], line["batch_id"], line["logger"], line["level"]) == ("broken", 7, "tests", "error")
    assert "LookupError: two\nlines" in line["exception"]


def test_the_level_is_the_one_that_was_asked_for() -> None:
    made = house.logging_config(level="WARNING")

    assert made["root"] == {"handlers": ["stderr"], "level": "WARNING"}
    assert made["handlers"]["stderr"]["class"] == "logging.StreamHandler"
    assert made["disable_existing_loggers"] is False


def test_a_duplicate_phone_is_refused_without_being_named(written: io.StringIO, store: Store) -> None:
    create_contact(store=store, phone="6912345678", values={}, actor=SYSTEM)
    answer = with_key(store).post(f"{V1}/contacts", {"phone": "6912345678"})

    assert answer.status_code == 409
    assert "6912345678" not in answer.content.decode()
    assert "6912345678" not in written.getvalue()
