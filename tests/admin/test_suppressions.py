"""Staff suppresses phones for a store or for all, and lifts what it suppressed."""

import pytest
from django.test import Client
from django.urls import reverse

from audiences.models import Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import suppress
from config.audit import SYSTEM
from config.models import AuditEvent
from tests.admin.test_operations import ask

PHONE = "+306971234567"
ADD = "admin:audiences_suppression_add"


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_phone_is_suppressed_for_all_or_for_one(ops: Client, store: Store, everywhere: bool) -> None:
    ops.post(reverse(ADD), {"phone": "+30 697 123 4567", "store": "" if everywhere else store.pk})

    row = Suppression.objects.get()
    assert (row.store_id, bytes(row.phone_hash), row.reason) == (
        None if everywhere else store.pk,
        phone_hash(PHONE),
        "staff",
    )
    assert AuditEvent.objects.get(action="suppression.add").actor.startswith("staff:")


@pytest.mark.parametrize("phone", ["6971234567", "+3012", "Ada", ""])
def test_a_number_that_is_none_is_refused(ops: Client, phone: str) -> None:
    answer = ops.post(reverse(ADD), {"phone": phone, "store": ""})

    assert answer.status_code == 200
    assert not Suppression.objects.exists()


def test_it_is_lifted_with_a_reason(ops: Client, db: None) -> None:
    ops.post(reverse(ADD), {"phone": PHONE, "store": ""})

    ask(ops, "lift", Suppression.objects.get(), reason="was a mistake")

    assert not Suppression.objects.exists()
    assert AuditEvent.objects.get(action="suppression.remove").reason == "was a mistake"


def test_it_cannot_be_changed_and_shows_no_number(ops: Client, db: None) -> None:
    ops.post(reverse(ADD), {"phone": PHONE, "store": ""})
    row = Suppression.objects.get()
    page = ops.get(reverse("admin:audiences_suppression_change", args=[row.pk]))

    assert page.status_code == 200
    assert b"1234567" not in page.content
    ops.post(reverse("admin:audiences_suppression_change", args=[row.pk]), {"reason": "opt_out"})
    row.refresh_from_db()
    assert row.reason == "staff"


def test_what_staff_lifts_is_its_own_word_alone(ops: Client, store: Store) -> None:
    suppress(store_id=store.pk, phone=PHONE, reason="opt_out", source="link", actor=SYSTEM)
    ops.post(reverse(ADD), {"phone": PHONE, "store": store.pk})
    block = Suppression.objects.get(reason="staff")

    ask(ops, "lift", block, reason="settled")

    assert list(Suppression.objects.values_list("reason", flat=True)) == ["opt_out"]
