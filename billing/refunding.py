"""Credits back for messages that were charged and never arrived: by a policy per store, once per recipient.

The policy names the failures for which a store gets its credits back; staff sets it. A refund is an entry of its own,
linked to the debit, under the key `refund:<recipient>`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from billing.models import CreditAccount, LedgerEntry
from billing.services import account_of
from config.audit import SYSTEM, Actor, record
from config.problems import invalid
from config.sql import fetch

LABEL = "A message that never arrived"
# Why a message can stay undelivered; the words are those of campaigns' error classes.
REFUNDABLE = ("invalid_number", "blocked_by_carrier", "unreachable", "provider_rejected", "expired", "other")


class Wanted(NamedTuple):
    """Credits to give back to whom. The charge is in `own_debit` if there is such an entry, else in `batch_debit`."""

    recipient_id: int
    credits: int
    own_debit: str
    batch_debit: str


class Debit(NamedTuple):
    """An entry that charged, and what of it was not refunded yet: bought and free credits."""

    id: int
    key: str
    credits: int
    allowance: int


def set_refund_policy(*, store_id: int, reasons: Sequence[str], actor: Actor, reason: str) -> None:
    """For which failures the store gets credits back, of messages that failed within the last day or will.

    Raises InvalidFields for a word that is not in REFUNDABLE.
    """
    if unknown := sorted(set(reasons) - set(REFUNDABLE)):
        raise invalid("/reasons", f"There is no such failure: {', '.join(unknown)}.", code="unknown_reason")
    account_of(store_id)
    chosen = sorted(set(reasons))
    with transaction.atomic():
        rows = CreditAccount.objects.filter(store_id=store_id)
        facts = {"before": rows.select_for_update(no_key=True).get().refund_on, "after": chosen}
        rows.update(refund_on=chosen, updated_at=timezone.now())
        subject = f"store:{store_id}"
        record("billing.refund_policy", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)


def policies() -> dict[int, frozenset[str]]:
    """Stores with a policy, and the failures that they get credits back for. Index: account_refunds."""
    rows = CreditAccount.objects.exclude(refund_on=[]).values_list("store_id", "refund_on")
    return {store_id: frozenset(reasons) for store_id, reasons in rows}


def refund_all(*, store_id: int, wanted: Iterable[Wanted]) -> int:
    """Give back what is wanted of one store's debits; who was refunded before, or never charged, is left out.

    Bought credits first, as far as the debit took any, then the allowance's. Returns how many were refunded. The
    account is locked first, so that every refund before is seen.
    """
    rows = {f"refund:{one.recipient_id}": one for one in sorted(wanted)}
    if not rows:
        return 0
    with transaction.atomic():
        account = CreditAccount.objects.select_for_update(no_key=True).filter(store_id=store_id).first()
        if account is None:
            return 0
        done = set(LedgerEntry.objects.filter(key__in=rows).values_list("key", flat=True))
        left = {key: one for key, one in rows.items() if key not in done}
        entries = _entries(account, left)
        LedgerEntry.objects.bulk_create(entries)
        _add(account, entries)
    return len(entries)


def _entries(account: CreditAccount, wanted: Mapping[str, Wanted]) -> list[LedgerEntry]:
    """An entry for each, in a chain with the account's balance; none where the debit has less left."""
    keys = {key for one in wanted.values() for key in (one.own_debit, one.batch_debit)}
    debits = {debit.key: debit for debit in _debits(account.pk, sorted(keys))}
    now, balance, entries = timezone.now(), account.balance, []
    for key, one in wanted.items():
        debit = debits.get(one.own_debit) or debits.get(one.batch_debit)
        if debit is None or debit.credits + debit.allowance < one.credits:
            continue
        bought = min(one.credits, debit.credits)
        free = one.credits - bought
        balance += bought
        debits[debit.key] = debit._replace(credits=debit.credits - bought, allowance=debit.allowance - free)
        entry = LedgerEntry(
            account=account, kind="refund", amount=bought, allowance=free, balance_after=balance, key=key
        )
        entry.refers_to_id, entry.label, entry.actor, entry.created_at = debit.id, LABEL, SYSTEM.name, now
        entries.append(entry)
    return entries


def _debits(account_id: int, keys: Sequence[str]) -> list[Debit]:
    """What is left of the account's debits with these keys. Indexes: the ledger's key, ledger_refunds."""
    sql = """
        SELECT d.id, d.key, (-d.amount - COALESCE(SUM(f.amount), 0))::bigint,
               (-d.allowance - COALESCE(SUM(f.allowance), 0))::bigint
          FROM billing_ledgerentry d
          LEFT JOIN billing_ledgerentry f ON f.refers_to_id = d.id
         WHERE d.key = ANY(%(keys)s)
           AND d.account_id = %(account_id)s
         GROUP BY d.id
    """
    return fetch(sql, {"account_id": account_id, "keys": list(keys)}, Debit)


def _add(account: CreditAccount, entries: Sequence[LedgerEntry]) -> None:
    """The effect of the entries on the locked account; an overdraft becomes exactly what is short."""
    credits, free = sum(entry.amount for entry in entries), sum(entry.allowance for entry in entries)
    CreditAccount.objects.filter(pk=account.pk).update(
        balance=account.balance + credits,
        allowance=account.allowance + free,
        overdraft=max(0, account.held - account.balance - credits),
        updated_at=timezone.now(),
    )
