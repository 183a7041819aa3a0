import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from audiences.models import Store
from billing.errors import InsufficientCredits, KeyReused
from billing.models import CreditAccount, LedgerEntry
from billing.services import account_of, adjust, grant, hold, renew_allowance
from config.audit import Actor
from config.models import AuditEvent
from tests.billing.figures import Figures, figures

STAFF = Actor("staff:7", ip="192.0.2.1")


def test_an_account_is_made_once(store: Store) -> None:
    assert account_of(store.pk) == account_of(store.pk)

    assert figures(account_of(store.pk)) == Figures(balance=0)


def test_adds_credits_with_an_entry_and_an_audit_line(store: Store) -> None:
    entry = grant(store_id=store.pk, amount=40, key="grant:1", label="Welcome", actor=STAFF)

    line = AuditEvent.objects.get(action="credits.grant")
    assert figures(entry.account) == Figures(balance=40)
    assert (entry.kind, entry.amount, entry.balance_after, entry.actor) == ("grant", 40, 40, "staff:7")
    assert (line.actor, line.store_id, line.reason, line.ip) == ("staff:7", store.pk, "Welcome", "192.0.2.1")
    assert line.facts == {"amount": 40, "key": "grant:1", "before": 0, "after": 40}


def test_the_same_key_grants_once_and_says_so(store: Store) -> None:
    first = grant(store_id=store.pk, amount=40, key="grant:1", label="Welcome", actor=STAFF)

    again = grant(store_id=store.pk, amount=40, key="grant:1", label="Welcome", actor=STAFF)

    assert (again, first.repeated, again.repeated) == (first, False, True)
    assert figures(first.account) == Figures(balance=40)
    assert AuditEvent.objects.count() == 1


def test_a_key_means_one_thing(store: Store, other_store: Store) -> None:
    grant(store_id=store.pk, amount=40, key="grant:1", label="Welcome", actor=STAFF)

    with pytest.raises(KeyReused):
        grant(store_id=store.pk, amount=41, key="grant:1", label="Welcome", actor=STAFF)
    with pytest.raises(KeyReused):
        grant(store_id=other_store.pk, amount=40, key="grant:1", label="Welcome", actor=STAFF)


def test_a_purchase_is_its_own_kind(store: Store) -> None:
    entry = grant(store_id=store.pk, amount=40, key="purchase:1", label="Package", actor=STAFF, kind="purchase")

    assert entry.kind == "purchase"


@pytest.mark.parametrize(("amount", "balance"), [(5, 105), (-40, 60)])
def test_an_adjustment_is_signed(account: CreditAccount, amount: int, balance: int) -> None:
    hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    adjust(store_id=account.store_id, amount=amount, key="adjustment:1", label="Correction", actor=STAFF)

    assert figures(account) == Figures(balance=balance, held=60)


def test_an_adjustment_cannot_take_what_is_held(account: CreditAccount) -> None:
    hold(store_id=account.store_id, amount=60, key="campaign:1:1", label="Spring")

    with pytest.raises(InsufficientCredits) as refusal:
        adjust(store_id=account.store_id, amount=-41, key="adjustment:1", label="Correction", actor=STAFF)

    assert refusal.value.facts == {"required": 41, "available": 40, "missing": 1}
    assert figures(account) == Figures(balance=100, held=60)
    assert not AuditEvent.objects.filter(action="credits.adjustment").exists()


def test_an_adjustment_of_nothing_is_a_mistake(account: CreditAccount) -> None:
    with pytest.raises(ValueError, match="an adjustment of 0 credits"):
        adjust(store_id=account.store_id, amount=0, key="adjustment:1", label="Correction", actor=STAFF)


def test_a_new_period_replaces_the_free_allowance_and_keeps_what_is_held(with_allowance: CreditAccount) -> None:
    store_id = with_allowance.store_id
    hold(store_id=store_id, amount=12, key="campaign:1:1", label="Spring")

    assert renew_allowance(store_id=store_id, amount=50, key="plan:2", label="December")
    assert not renew_allowance(store_id=store_id, amount=50, key="plan:2", label="December")

    entry = LedgerEntry.objects.get(key="plan:2")
    assert (entry.kind, entry.amount, entry.allowance) == ("allowance", 0, 32)
    assert figures(with_allowance) == Figures(balance=100, allowance=62, allowance_held=12)


@pytest.mark.usefixtures("account")
def test_the_ledger_cannot_be_rewritten() -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.update(amount=1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LedgerEntry.objects.all()._raw_delete(using="default")


def test_the_command_grants_and_says_what_is_available(account: CreditAccount) -> None:
    out = StringIO()

    call_command("grant_credits", store=account.store.slug, amount=20, reason="Pilot", stdout=out)

    assert out.getvalue().startswith(f"Granted 20 credits: {account.store.slug} has 120 available (grant:")
    assert LedgerEntry.objects.latest("pk").actor == "command:grant_credits"


def test_the_command_with_a_key_grants_once(account: CreditAccount) -> None:
    options = {"store": account.store.slug, "amount": 20, "reason": "Pilot", "key": "invoice-7", "json": True}
    call_command("grant_credits", **options, stdout=StringIO())
    out = StringIO()

    call_command("grant_credits", **options, stdout=out)

    assert json.loads(out.getvalue()) == {
        "store": account.store.slug,
        "amount": 20,
        "key": "grant:invoice-7",
        "repeated": True,
        "available": 120,
    }


def test_the_command_refuses_an_unknown_store() -> None:
    with pytest.raises(CommandError, match="no store 'nowhere'"):
        call_command("grant_credits", store="nowhere", amount=20, reason="Pilot")


def test_the_command_refuses_a_key_that_means_something_else(account: CreditAccount) -> None:
    call_command("grant_credits", store=account.store.slug, amount=20, reason="Pilot", key="7", stdout=StringIO())

    with pytest.raises(CommandError, match="for something else"):
        call_command("grant_credits", store=account.store.slug, amount=21, reason="Pilot", key="7")


def test_the_command_refuses_an_amount_below_one(account: CreditAccount) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("grant_credits", store=account.store.slug, amount=0, reason="Pilot")
