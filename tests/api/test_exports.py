"""Exports: complete, streamed in constant memory, harmless in a spreadsheet, and audited."""

import csv
import io
from typing import Any

import pytest
from django.db.models.functions import Trim
from rest_framework.test import APIClient

from audiences.imports import ImportOptions, run_import, start_import
from audiences.models import Contact, Store
from campaigns.models import CampaignRecipient
from config import spreadsheet
from config.audit import SYSTEM
from config.models import AuditEvent
from config.opaque import public_id
from messaging.models import MessageLog
from providers.interface import Accepted, Refused
from tests.api.clients import V1, code
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory
from tests.steps import launched

EVIL = "=cmd|' /C calc'!A0"


def table(answer: Any) -> list[dict[str, str]]:
    """The rows of a CSV answer by the names of its heading."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def contacts(api: APIClient, query: str = "") -> list[dict[str, str]]:
    return table(api.get(f"{V1}/contacts/export.csv?{query}", HTTP_ACCEPT="text/csv"))


# Contacts -----------------------------------------------------------------------------------------------------------


def test_every_contact_is_in_it_with_its_own_fields(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(custom_fields={"size": "text", "vip": "yes_no"})
    ContactFactory.create(store=store, phone="+306970000001", first_name="Ελένη", fields={"size": "M", "vip": True})
    ContactFactory.create(store=store, phone="+306970000002", birthday="1990-02-28", consent="unknown")
    ContactFactory.create()

    first, second = contacts(api)

    assert (first["phone"], first["first_name"], first["size"], first["vip"]) == ("+306970000001", "Ελένη", "M", "true")
    assert (second["birthday"], second["consent"], second["size"]) == ("1990-02-28", "unknown", "")


def test_no_cell_is_a_formula(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(custom_fields={"note": "text"})
    ContactFactory.create(store=store, first_name=EVIL, last_name="@SUM(A1)", fields={"note": "-1+1"})

    [row] = contacts(api)

    assert (row["first_name"], row["last_name"], row["note"]) == (f"'{EVIL}", "'@SUM(A1)", "'-1+1")


def test_it_is_narrowed_and_leaves_the_erased_out(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store, consent="opted_out")
    ContactFactory.create(store=store)
    erased = ContactFactory.create(store=store, consent="opted_out")
    api.delete(f"{V1}/contacts/{public_id(erased.pk, kind='con')}")

    assert len(contacts(api, "consent=opted_out")) == 1
    assert len(contacts(api)) == 2
    assert code(api.get(f"{V1}/contacts/export.csv?consent=maybe")) == (400, "VALIDATION_ERROR")


def test_the_file_can_be_imported_again(api: APIClient, store: Store, settings: Any, tmp_path: Any) -> None:
    settings.LOCAL_DIR = tmp_path
    ContactFactory.create_batch(3, store=store)
    text = api.get(f"{V1}/contacts/export.csv").getvalue()
    before = list(Contact.objects.order_by("pk").values_list("phone", "first_name"))

    job = start_import(
        store=store, upload=[text], file_name="contacts.csv", actor=SYSTEM, options=ImportOptions(), ring=False
    )
    run_import(job.pk)

    job.refresh_from_db()
    assert (job.rows, job.created, job.refused) == (3, 0, 0)
    assert list(Contact.objects.order_by("pk").values_list("phone", "first_name")) == before


def test_an_export_imported_again_changes_nothing_whatever_is_in_it(
    api: APIClient, store: Store, settings: Any, tmp_path: Any
) -> None:
    settings.LOCAL_DIR = tmp_path
    kinds = {"note": "text", "points": "number", "since": "date", "vip": "yes_no", "country": "text", "name": "text"}
    Store.objects.filter(pk=store.pk).update(custom_fields=kinds)
    evil = {"note": "'=quoted", "country": "Utopia", "name": "+1", "points": 1e-7, "since": "2020-01-31", "vip": False}
    ContactFactory.create(store=store, first_name=EVIL, last_name="-Ada", email="a@example.org", fields=evil)
    ContactFactory.create(
        store=store, first_name='say "yes"; no, ', last_name="a\\b", fields={"note": "two\nlines\there"}
    )
    ContactFactory.create(store=store, consent="opted_out", gender="other", language="pt-BR", time_zone="Europe/Athens")
    ContactFactory.create(store=store, consent="unknown", birthday="1990-02-28", fields={"points": 12.5, "vip": True})
    ContactFactory.create(store=store, fields={"points": -1e15, "note": "''@x"})
    Contact.objects.update(first_name=Trim("first_name"))
    before = list(Contact.objects.order_by("pk").values())

    text = api.get(f"{V1}/contacts/export.csv").getvalue()
    job = start_import(store=store, upload=[text], file_name="contacts.csv", actor=SYSTEM, ring=False)
    run_import(job.pk)

    job.refresh_from_db()
    assert (job.rows, job.unchanged, list(job.problems.values_list("row", "column", "code"))) == (5, 5, [])
    assert list(Contact.objects.order_by("pk").values()) == before


def test_the_lists_of_each_contact_are_in_it(api: APIClient, store: Store) -> None:
    people = ContactFactory.create_batch(3, store=store)
    ContactListFactory.create(store=store, name="=VIP", contacts=people[:2])
    ContactListFactory.create(store=store, name="News", contacts=people[1:2])

    assert [row["lists"] for row in contacts(api)] == ["'=VIP", "'=VIP; News", ""]


def test_a_custom_field_that_is_called_like_another_column_is_told_apart(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(custom_fields={"country": "text", "lists": "text", "size": "text"})
    ContactFactory.create(store=store, phone="+306970000001", fields={"country": "Utopia", "lists": "x", "size": "M"})

    [row] = contacts(api)

    assert (row["country"], row["fields.country"], row["lists"], row["fields.lists"]) == ("GR", "Utopia", "", "x")
    assert row["size"] == "M"


def test_a_long_export_is_read_chunk_by_chunk(
    api: APIClient, store: Store, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(spreadsheet, "CHUNK", 2)
    made = ContactFactory.create_batch(5, store=store)
    answer = api.get(f"{V1}/contacts/export.csv")

    with django_assert_max_num_queries(5):
        rows = table(answer)

    assert [row["phone"] for row in rows] == [contact.phone for contact in made]


def test_an_export_is_audited_without_a_phone(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store)

    contacts(api, "consent=opted_in")

    [line] = AuditEvent.objects.filter(action="contacts.export")
    assert (line.store_id, line.facts) == (store.pk, {"consent": "opted_in"})
    assert line.actor.startswith("key:")


# Recipients ---------------------------------------------------------------------------------------------------------


def test_every_recipient_is_in_it(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=45)
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/recipients.csv"
    CampaignRecipient.objects.filter(pk=CampaignRecipient.objects.earliest("pk").pk).update(
        status="failed", reason="other", error_code=EVIL
    )

    rows = table(api.get(address))
    failed = table(api.get(f"{address}?status=failed"))

    phones = CampaignRecipient.objects.order_by("batch_id", "pk").values_list("phone", flat=True)
    assert [row["phone"] for row in rows] == list(phones)
    assert [(row["reason"], row["error_code"]) for row in failed] == [("other", f"'{EVIL}")]
    assert {row["status"] for row in rows} == {"failed", "pending"}
    assert AuditEvent.objects.filter(action="campaign.export").count() == 2
    assert code(api.get(f"{address}?status=asleep")) == (400, "VALIDATION_ERROR")


def test_a_draft_has_a_heading_alone(api: APIClient, store: Store) -> None:
    name = public_id(CampaignFactory.create(store=store).pk, kind="cmp")

    answer = api.get(f"{V1}/campaigns/{name}/recipients.csv")

    assert answer.getvalue().decode().startswith("recipient,contact,phone,status,")
    assert answer.getvalue().decode().count("\n") <= 1


# Messages -----------------------------------------------------------------------------------------------------------


def test_the_log_is_in_it_oldest_first(api: APIClient, store: Store) -> None:
    campaign = handed_over([Accepted("m-1"), Refused("other", "7", retryable=False)], store=store, message="=1+1")
    handed_over([Accepted("m-2")])

    rows = table(api.get(f"{V1}/messages/export.csv"))

    assert [(row["kind"], row["outcome"], row["status"]) for row in rows] == [
        ("attempt", "accepted", "sent"),
        ("attempt", "refused", "failed"),
    ]
    assert {row["text"] for row in rows} == {"'=1+1"}
    assert {row["campaign"] for row in rows} == {public_id(campaign.pk, kind="cmp")}
    assert len(table(api.get(f"{V1}/messages/export.csv?outcome=refused"))) == 1
    assert code(api.get(f"{V1}/messages/export.csv?kind=gossip")) == (400, "VALIDATION_ERROR")


def test_a_line_without_a_recipient_is_a_line(api: APIClient, store: Store) -> None:
    MessageLog.objects.create(store_id=store.pk, kind="late", outcome="accepted")

    [row] = table(api.get(f"{V1}/messages/export.csv"))

    assert (row["recipient"], row["phone"], row["status"]) == ("", "", "")
