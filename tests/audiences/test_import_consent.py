"""An import subscribes nobody who opted out, and raises nothing that the importer did not state."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.models import ConsentEvent, Contact, Store, Suppression
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from config.audit import SYSTEM
from tests.audiences.importing import counts, imported
from tests.factories import ContactFactory

pytestmark = pytest.mark.usefixtures("local_dir")
A, B = "+306941111111", "+306942222222"


def consents(store: Store) -> dict[str | None, str]:
    return dict(Contact.objects.filter(store=store).values_list("phone", "consent"))


@pytest.mark.parametrize(
    ("stated", "cell", "consent"),
    [
        ("unknown", "", "unknown"),
        ("unknown", "yes", "unknown"),
        ("unknown", "no", "opted_out"),
        ("opted_in", "", "opted_in"),
        ("opted_in", "ναι", "opted_in"),
        ("opted_in", "ΟΧΙ", "opted_out"),
        ("opted_in", "unsubscribed", "opted_out"),
        ("opted_out", "yes", "opted_out"),
    ],
)
def test_a_cell_lowers_consent_and_raises_only_what_was_stated(
    store: Store, stated: str, cell: str, consent: str
) -> None:
    imported(store, f"phone,consent\n{A},{cell}\n", consent=stated, consent_source="till")

    assert consents(store) == {A: consent}
    assert ConsentEvent.objects.count() == (0 if consent == "unknown" else 1)


def test_stated_consent_leaves_its_evidence(store: Store) -> None:
    last_year = timezone.now() - timedelta(days=365)
    job = imported(store, f"phone\n{A}\n", consent="opted_in", consent_source="till", consent_at=last_year)

    contact, event = Contact.objects.get(), ConsentEvent.objects.get()
    assert (contact.consent_source, contact.consent_at) == ("till", last_year)
    assert (event.before, event.after, event.source) == ("unknown", "opted_in", f"import:{job.pk}")
    assert event.evidence == {"row": 1, "stated": "till"}
    assert event.published_at is None


@pytest.mark.parametrize("before", ["unknown", "opted_out", "opted_in"])
def test_an_import_never_raises_the_consent_of_somebody_known(store: Store, before: str) -> None:
    ContactFactory.create(store=store, phone=A, first_name="x", consent=before)

    imported(store, f"phone,name,consent\n{A},x,yes\n", consent="opted_in", consent_source="till")

    assert consents(store) == {A: before}
    assert ConsentEvent.objects.count() == 0


def test_a_no_in_the_file_lowers_the_consent_of_somebody_known(store: Store) -> None:
    ContactFactory.create(store=store, phone=A, consent="opted_in")

    job = imported(store, f"phone,consent\n{A},no\n")
    again = imported(store, f"phone,consent\n{A},no\n")

    event = ConsentEvent.objects.get()
    assert consents(store) == {A: "opted_out"}
    assert (event.before, event.after, event.source) == ("opted_in", "opted_out", f"import:{job.pk}")
    assert (counts(job), counts(again)) == ({"rows": 1, "updated": 1}, {"rows": 1, "unchanged": 1})


def test_who_opted_out_and_was_deleted_comes_back_opted_out(store: Store) -> None:
    contact = ContactFactory.create(store=store, phone=A)
    change_consent(store_id=store.pk, contact_id=contact.pk, consent="opted_out", source="link", actor=SYSTEM)
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    imported(store, f"phone\n{A}\n{B}\n", consent="opted_in", consent_source="till")

    assert consents(store) == {None: "opted_out", A: "opted_out", B: "opted_in"}
    assert Suppression.objects.count() == 1


def test_who_is_deleted_just_before_the_contacts_are_looked_for_stays_opted_out(store: Store) -> None:
    contact = ContactFactory.create(store=store, phone=A, consent="opted_out")

    def delete(execute: Any, sql: str, *args: Any) -> Any:
        if "WITH known AS" in sql and Contact.objects.filter(phone=A).exists():
            delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)
        return execute(sql, *args)

    with connection.execute_wrapper(delete):
        imported(store, f"phone\n{A}\n", consent="opted_in", consent_source="till")

    assert consents(store) == {None: "opted_out", A: "opted_out"}
