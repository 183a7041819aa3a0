"""A phone is suppressed once per reason: what lifts one leaves the others, over deletion and re-import."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from audiences import audience
from audiences.models import Contact, Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import REASONS, change_consent, suppress, unsuppress
from audiences.services.contacts import create_contact, delete_contact
from config.audit import SYSTEM
from tests.audiences.importing import imported
from tests.factories import ContactFactory, StoreFactory
from tests.races import at_once

A = "+306941111111"
EVERYBODY = {"kind": "all", "exclude": []}


def block(store_id: int | None, reason: str) -> bool:
    return suppress(store_id=store_id, phone=A, reason=reason, source="test", actor=SYSTEM)


def opt(contact: Contact, consent: str) -> None:
    change_consent(store_id=contact.store_id, contact_id=contact.pk, consent=consent, source="link", actor=SYSTEM)


def reasons() -> list[str]:
    return list(Suppression.objects.order_by("pk").values_list("reason", flat=True))


def exclusions(store: Store) -> dict[str, str | None]:
    """Why the store's one contact gets no message of a kind."""
    return {
        kind: audience.people(store_id=store.pk, audience=EVERYBODY, kind=kind).get().exclusion
        for kind in ("marketing", "service", "direct")
    }


@pytest.mark.parametrize("first", ["staff", "provider", "complaint"])
@pytest.mark.parametrize("back", ["import", "create"])
def test_an_opt_out_after_another_suppression_survives_deletion_and_return(
    store: Store, local_dir: Any, first: str, back: str
) -> None:
    contact = ContactFactory.create(store=store, phone=A)
    block(store.pk, first)
    opt(contact, "opted_out")
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    if back == "import":
        imported(store, f"phone,consent\n{A},yes\n", consent="opted_in", consent_source="till")
    else:
        create_contact(store=store, phone=A, values={}, actor=SYSTEM, consent="opted_in", source="api")
    unsuppress(store_id=store.pk, phone=A, why=first, actor=SYSTEM)

    assert Contact.objects.get(phone=A).consent == "opted_out"
    assert reasons() == ["opt_out"]


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_added_once_and_lifted_by_itself(store: Store, reason: str) -> None:
    others = [other for other in REASONS if other != reason]
    for one in REASONS:
        assert block(store.pk, one)

    assert not block(store.pk, reason)
    assert unsuppress(store_id=store.pk, phone=A, why=reason, actor=SYSTEM)
    assert not unsuppress(store_id=store.pk, phone=A, why=reason, actor=SYSTEM)

    assert reasons() == others


def test_for_all_stores_too_a_reason_stands_once(db: None) -> None:
    assert [block(None, "staff"), block(None, "staff"), block(None, "complaint")] == [True, False, True]
    assert reasons() == ["staff", "complaint"]


def test_opting_in_takes_back_what_the_person_said_and_nothing_else(store: Store) -> None:
    contact = ContactFactory.create(store=store, phone=A, consent="unknown")
    for reason in REASONS:
        block(store.pk, reason)

    opt(contact, "opted_in")

    assert reasons() == ["erased", "complaint", "staff", "provider"]


def test_no_marketing_leaves_service_messages(store: Store) -> None:
    ContactFactory.create(store=store, phone=A)

    block(store.pk, "no_marketing")

    assert exclusions(store) == {"marketing": "suppressed", "service": None, "direct": None}


def test_no_marketing_beside_another_reason_leaves_nothing(store: Store) -> None:
    ContactFactory.create(store=store, phone=A)

    block(store.pk, "no_marketing")
    block(None, "complaint")

    assert exclusions(store) == dict.fromkeys(("marketing", "service", "direct"), "suppressed")


def test_no_marketing_outlives_deletion_and_a_stated_consent(store: Store, local_dir: Any) -> None:
    contact = ContactFactory.create(store=store, phone=A)
    block(store.pk, "no_marketing")
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    imported(store, f"phone,consent\n{A},yes\n", consent="opted_in", consent_source="till")

    assert exclusions(store)["marketing"] == "suppressed"


def test_the_look_up_of_a_campaign_walks_the_index(store: Store) -> None:
    ContactFactory.create(store=store, phone=A)
    rows = [
        Suppression(store=store, phone_hash=n.to_bytes(16, "big"), reason="opt_out", source="test") for n in range(2000)
    ]
    Suppression.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audiences_contact, audiences_suppression")
        cursor.execute("SET LOCAL enable_seqscan = off")

    found = audience.people(store_id=store.pk, audience=EVERYBODY, kind="service").filter(exclusion=None)

    assert "suppression_once" in found.explain()


def test_the_migration_gives_back_the_opt_outs_that_were_hidden(store: Store, other_store: Store) -> None:
    hidden = ContactFactory.create(store=store, phone=A, consent="opted_out", consent_source="stop")
    told = ContactFactory.create(store=store, consent="opted_out")
    ContactFactory.create(store=store)
    ContactFactory.create(store=other_store, phone=A)
    block(store.pk, "staff")
    suppress(store_id=store.pk, phone=told.phone or "", reason="opt_out", source="link", actor=SYSTEM)

    with connection.schema_editor() as editor:
        import_module("audiences.migrations.0008_suppression_reasons").give_back(apps, editor)

    mine = Suppression.objects.filter(phone_hash=phone_hash(A)).order_by("reason")
    assert [(row.store_id, row.reason, row.source) for row in mine] == [
        (hidden.store_id, "opt_out", "stop"),
        (hidden.store_id, "staff", "test"),
    ]
    assert Suppression.objects.count() == 3


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_reasons_laid_at_once_stand_once_each() -> None:
    store = StoreFactory.create()

    at_once(6, lambda n: block(store.pk, ("staff", "complaint")[n % 2]))

    assert sorted(reasons()) == ["complaint", "staff"]
