"""The audit says who did what, and only of what was done."""

from django.db import transaction

from audiences.models import Store
from config.audit import SYSTEM, Actor, record
from config.models import AuditEvent


def test_a_line_says_who_did_what_to_what_when_and_from_where(store: Store) -> None:
    actor = Actor("user:7", ip="2001:db8::1")

    record("list.create", actor=actor, subject="list:3", store_id=store.pk, reason="asked", added=2, names=["a"])

    line = AuditEvent.objects.get()
    assert (line.actor, line.ip, line.action, line.subject) == ("user:7", "2001:db8::1", "list.create", "list:3")
    assert (line.store_id, line.reason, line.facts) == (store.pk, "asked", {"added": 2, "names": ["a"]})
    assert line.created_at
    assert str(line) == "user:7 list.create list:3"


def test_the_house_itself_has_no_address_and_no_store(db: None) -> None:
    record("tidy", actor=SYSTEM, subject="config:0")

    line = AuditEvent.objects.get()
    assert (line.actor, line.ip, line.store_id, line.reason, line.facts) == ("system", None, None, "", {})


def test_what_did_not_happen_is_not_told(db: None) -> None:
    with transaction.atomic():
        record("list.create", actor=SYSTEM, subject="list:3")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_a_long_reason_is_cut_and_refuses_nothing(db: None) -> None:
    record("list.create", actor=SYSTEM, subject="list:3", reason="ά" * 600)

    assert AuditEvent.objects.get().reason == "ά" * 500


def test_an_actor_reads_as_its_name() -> None:
    assert f"{Actor('key:3', ip='192.0.2.1')}" == "key:3"
    assert Actor("key:3").ip is None
