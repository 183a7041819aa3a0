"""Every consent before, every consent after, from every source: what is written, and what follows for sending."""

from typing import Any

import pytest

from audiences import audience
from audiences.models import ConsentEvent, Contact, Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import change_consent, suppress, unsuppress
from audiences.services.contacts import create_contact, delete_contact, upsert_contact
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import NotFound
from tests.audiences.importing import imported
from tests.factories import ContactFactory, StoreFactory
from tests.races import at_once

A = "+306941111111"
EVERYBODY = {"kind": "all", "exclude": []}

# before, after -> was it a change, is the phone suppressed then, what keeps marketing and service away.
TABLE: list[tuple[str, str, bool, bool, str | None, str | None]] = [
    ("unknown", "unknown", False, False, "not_opted_in", None),
    ("unknown", "opted_in", True, False, None, None),
    ("unknown", "opted_out", True, True, "opted_out", "opted_out"),
    ("opted_in", "unknown", True, False, "not_opted_in", None),
    ("opted_in", "opted_in", False, False, None, None),
    ("opted_in", "opted_out", True, True, "opted_out", "opted_out"),
    ("opted_out", "unknown", True, True, "not_opted_in", "suppressed"),
    ("opted_out", "opted_in", True, False, None, None),
    ("opted_out", "opted_out", False, True, "opted_out", "opted_out"),
]


def person(store: Store, consent: str) -> Contact:
    """A contact as it became what it is: who opted out is suppressed."""
    contact = ContactFactory.create(store=store, phone=A, consent="unknown")
    if consent != "unknown":
        change(contact, consent)
    ConsentEvent.objects.all().delete()
    AuditEvent.objects.all().delete()
    contact.refresh_from_db()
    return contact


def change(contact: Contact, consent: str, source: str = "link", **more: Any) -> bool:
    return change_consent(
        store_id=contact.store_id, contact_id=contact.pk, consent=consent, source=source, actor=SYSTEM, **more
    )


def exclusion(store: Store, kind: str = "marketing") -> str | None:
    """Why the store's one living contact gets nothing of this kind."""
    return audience.people(store_id=store.pk, audience=EVERYBODY, kind=kind).values_list("exclusion", flat=True).get()


@pytest.mark.parametrize("source", ["link", "stop", "api", "console", "join"])
@pytest.mark.parametrize(("before", "after", "changed", "suppressed", "marketing", "service"), TABLE)
def test_the_table_holds_for_every_source(
    store: Store,
    source: str,
    before: str,
    after: str,
    changed: bool,
    suppressed: bool,
    marketing: str | None,
    service: str | None,
) -> None:
    contact = person(store, before)
    stamp = contact.consent_at, contact.consent_source

    assert change(contact, after, source) is changed

    contact.refresh_from_db()
    assert contact.consent == after
    events = list(ConsentEvent.objects.values_list("before", "after", "source"))
    assert events == ([(before, after, source)] if changed else [])
    assert AuditEvent.objects.count() == int(changed)
    assert contact.consent_source == (source if changed else stamp[1])
    assert (contact.consent_at != stamp[0]) is changed
    assert Suppression.objects.exists() is suppressed
    assert (exclusion(store), exclusion(store, "service")) == (marketing, service)


def test_evidence_and_actor_are_kept_with_the_change(store: Store) -> None:
    contact = person(store, "unknown")

    change_consent(
        store_id=store.pk,
        contact_id=contact.pk,
        consent="opted_in",
        source="s" * 150,
        actor=Actor("key:7", ip="192.0.2.1"),
        evidence={"form": 3, "wording": "Ναι, θέλω"},
    )

    event, audit = ConsentEvent.objects.get(), AuditEvent.objects.get()
    contact.refresh_from_db()
    assert event.source == contact.consent_source == "s" * 100
    assert (event.evidence, event.actor) == ({"form": 3, "wording": "Ναι, θέλω"}, "key:7")
    assert (audit.actor, audit.ip, audit.facts["after"]) == ("key:7", "192.0.2.1", "opted_in")
    assert "694" not in str(audit.facts)


def test_a_missing_suppression_of_somebody_who_opted_out_is_laid_again(store: Store) -> None:
    contact = person(store, "opted_out")
    Suppression.objects.all().delete()

    assert change(contact, "opted_out") is False

    assert Suppression.objects.get().reason == "opt_out"


def test_a_contact_without_phone_may_opt_out_and_suppresses_nobody(store: Store) -> None:
    contact = ContactFactory.create(store=store, phone=None)

    assert change(contact, "opted_out")

    assert Suppression.objects.count() == 0


def test_a_deleted_contact_consents_to_nothing(store: Store) -> None:
    contact = person(store, "opted_out")
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    with pytest.raises(NotFound):
        change(contact, "opted_in")

    assert Suppression.objects.get().reason == "opt_out"


@pytest.mark.parametrize("reason", ["complaint", "erased", "staff", "provider"])
@pytest.mark.parametrize("scope", ["store", "all"])
def test_an_opt_out_and_in_again_leaves_a_heavier_suppression_in_force(store: Store, scope: str, reason: str) -> None:
    contact = person(store, "opted_in")
    whose = store.pk if scope == "store" else None
    suppress(store_id=whose, phone=A, reason=reason, source="test", actor=SYSTEM)

    change(contact, "opted_out")
    change(contact, "opted_in")

    assert list(Suppression.objects.values_list("store_id", "reason")) == [(whose, reason)]
    assert (exclusion(store), exclusion(store, "service")) == ("suppressed", "suppressed")


def test_lifting_a_suppression_by_hand_texts_nobody_who_opted_out(store: Store) -> None:
    person(store, "opted_out")

    assert unsuppress(store_id=store.pk, phone=A, why="opt_out", actor=SYSTEM, reason="by mistake")

    assert (exclusion(store), exclusion(store, "service")) == ("opted_out", "opted_out")


def test_a_suppression_for_all_is_no_suppression_of_the_store(store: Store, other_store: Store) -> None:
    suppress(store_id=None, phone=A, reason="complaint", source="test", actor=SYSTEM)
    for where in (store, other_store):
        ContactFactory.create(store=where, phone=A)

    assert not unsuppress(store_id=store.pk, phone=A, why="complaint", actor=SYSTEM)

    assert (exclusion(store), exclusion(other_store)) == ("suppressed", "suppressed")
    assert unsuppress(store_id=None, phone=A, why="complaint", actor=SYSTEM)
    assert (exclusion(store), exclusion(other_store)) == (None, None)


def test_a_suppression_waits_for_a_contact_that_does_not_exist_yet(store: Store, local_dir: Any) -> None:
    suppress(store_id=store.pk, phone=A, reason="complaint", source="test", actor=SYSTEM)

    imported(store, f"phone\n{A}\n", consent="opted_in", consent_source="till")

    assert exclusion(store) == "suppressed"


@pytest.mark.parametrize("back", ["import", "create", "upsert"])
def test_who_opted_out_stays_out_over_deletion_however_he_comes_back(store: Store, local_dir: Any, back: str) -> None:
    contact = person(store, "opted_out")
    delete_contact(store=store, contact_id=contact.pk, actor=SYSTEM)

    for _ in range(2):
        if back == "import":
            imported(store, f"phone,consent\n{A},yes\n", consent="opted_in", consent_source="till")
        elif back == "create" and not Contact.objects.filter(phone=A).exists():
            create_contact(store=store, phone=A, values={}, actor=SYSTEM, consent="opted_in", source="api")
        elif back == "upsert":
            upsert_contact(store=store, phone=A, values={}, actor=SYSTEM, consent="opted_in", source="api")

    assert Contact.objects.get(phone=A).consent == "opted_out"
    assert (exclusion(store), exclusion(store, "service")) == ("opted_out", "opted_out")
    assert Suppression.objects.count() == 1


def test_who_comes_back_and_agrees_himself_is_texted_again(store: Store, local_dir: Any) -> None:
    delete_contact(store=store, contact_id=person(store, "opted_out").pk, actor=SYSTEM)
    imported(store, f"phone\n{A}\n")
    again = Contact.objects.get(phone=A)

    change(again, "opted_in", "join")

    assert exclusion(store) is None
    assert not Suppression.objects.exists()


def test_an_opt_out_at_one_store_is_nothing_to_another(store: Store, other_store: Store, local_dir: Any) -> None:
    person(store, "opted_out")

    imported(other_store, f"phone\n{A}\n", consent="opted_in", consent_source="till")

    assert exclusion(other_store) is None


def test_the_list_of_suppressions_holds_no_phone(store: Store) -> None:
    suppress(store_id=store.pk, phone=A, reason="staff", source="test", actor=SYSTEM)

    row = Suppression.objects.values().get()

    assert bytes(row["phone_hash"]) == phone_hash(A)
    assert "941111111" not in str(row)
    assert "941111111" not in str(list(AuditEvent.objects.values()))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_opting_in_and_out_at_once_ends_in_one_of_both_wholly() -> None:
    store = StoreFactory.create()
    contact = ContactFactory.create(store=store, phone=A, consent="unknown")

    at_once(8, lambda n: change(contact, ("opted_in", "opted_out")[n % 2]))

    contact.refresh_from_db()
    chain = list(ConsentEvent.objects.order_by("pk").values_list("before", "after"))
    assert [after for _, after in chain[:-1]] == [before for before, _ in chain[1:]]
    assert chain[0][0] == "unknown"
    assert chain[-1][1] == contact.consent
    assert Suppression.objects.exists() is (contact.consent == "opted_out")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_suppressing_at_once_suppresses_once() -> None:
    store = StoreFactory.create()

    added = at_once(6, lambda _: suppress(store_id=store.pk, phone=A, reason="staff", source="test", actor=SYSTEM))

    assert not [outcome for outcome in added if isinstance(outcome, Exception)]
    assert Suppression.objects.count() == 1
