"""Everything that changes a balance. Whole credits; a key makes each thing happen once; nothing is read, then written.

A repetition under the same key changes nothing and says so. Callers put money last in their transaction: it locks the
reservation, then the account, and every campaign of the store waits for the latter.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from billing import queries
from billing.caps import check_caps
from billing.errors import (
    InsufficientCredits,
    KeyReused,
    RefundRefused,
    ReservationClosed,
    ReservationExceeded,
    SpendingBlocked,
)
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from config.audit import SYSTEM, Actor, record
from config.problems import NotFound, Problem


def account_of(store_id: int) -> CreditAccount:
    """The store's account; an empty one is made on first sight."""
    return CreditAccount.objects.get_or_create(store_id=store_id)[0]


def seen(store_id: int) -> CreditAccount:
    """The store's account for a look at its numbers: an empty one that is not stored when it has none yet."""
    return CreditAccount.objects.filter(store_id=store_id).first() or CreditAccount(store_id=store_id)


# Holds --------------------------------------------------------------------------------------------------------------


def hold(*, store_id: int, amount: int, key: str, label: str) -> CreditReservation:
    """Reserve `amount` credits (at least 1), the plan's allowance first, then bought credits; writes no ledger entry.

    The same key again, in a race too, returns the first reservation, whatever its amount or state.
    Raises InsufficientCredits or SpendingBlocked (402), SpendCapReached (403), KeyReused when the key is another
    store's.
    """
    _positive(amount)
    with transaction.atomic():
        reservation = _hold(store_id=store_id, amount=amount, key=key, label=label)
        if isinstance(reservation, CreditReservation):
            return reservation
        check_caps(store_id=store_id, required=amount, held=True)
    return CreditReservation.objects.get(pk=reservation)


def _hold(*, store_id: int, amount: int, key: str, label: str) -> CreditReservation | int:
    """The reservation that the key has already, or the id of the one that was made.

    The account is locked by a statement of its own: one that waits for the lock and updates the row as well computes
    on what it saw before it waited, and PostgreSQL tries that against the CHECKs before it looks at the row again.
    """
    list(CreditAccount.objects.select_for_update(no_key=True).filter(store_id=store_id).values_list("pk"))
    while (made := queries.hold(store_id=store_id, amount=amount, key=key, label=label)) is None:
        if earlier := CreditReservation.objects.select_related("account").filter(key=key).first():
            if earlier.account.store_id != store_id:
                raise KeyReused
            return earlier
        _refuse_if_short(account_of(store_id), required=amount)  # silent when credits came in just now: try again
    return made


def charge(*, reservation_id: int, amount: int, key: str, label: str) -> bool:
    """Draw `amount` credits of a hold and write the ledger entry, in one statement; the allowance's part goes first.

    False when the key was used before, or for an amount of 0: nothing changed. To be the last statement of the
    caller's transaction. Raises ReservationClosed (evidence that late is `capture_late`'s), ReservationExceeded,
    NotFound; the transaction is still usable then.
    """
    if amount == 0:
        return False
    _positive(amount)
    if queries.charge(reservation_id=reservation_id, amount=amount, key=key, label=label):
        return True
    if LedgerEntry.objects.filter(key=key).exists():
        return False
    raise _why_not(reservation_id)


def release(*, reservation_id: int, amount: int) -> None:
    """Give back `amount` credits of an open hold, bought credits first, then the allowance's. 0 does nothing.

    It has no key: the caller's conditional move of the recipients or the batch makes it happen once.
    Raises ReservationClosed (they went back when it closed), ReservationExceeded, NotFound.
    """
    if amount == 0:
        return
    _positive(amount)
    if not queries.release(reservation_id=reservation_id, amount=amount):
        raise _why_not(reservation_id)


def lock_holds(reservation_ids: Iterable[int]) -> None:
    """Lock holds by id, then their accounts by id: to come before several charges or late captures in one transaction.

    One charge locks its reservation, then its account; a second one of the same store would ask for a reservation while
    it has the account, and meet a settle that has them the other way round.
    """
    holds = CreditReservation.objects.filter(pk__in=set(reservation_ids)).order_by("pk")
    account_ids = {hold.account_id for hold in holds.select_for_update(no_key=True)}
    list(CreditAccount.objects.filter(pk__in=account_ids).order_by("pk").select_for_update(no_key=True))


def close(*, reservation_id: int) -> int:
    """Close a hold and give back what remains of it, in credits; 0 when it was closed before. One caller wins."""
    return queries.close(reservation_id=reservation_id) or 0


# Entries ------------------------------------------------------------------------------------------------------------


def grant(*, store_id: int, amount: int, key: str, label: str, actor: Actor, kind: str = "grant") -> LedgerEntry:
    """Add `amount` credits (at least 1) to the balance. `kind`: `grant` by staff, `purchase` when paid for.

    The same key again returns the first entry with `repeated` set. Raises KeyReused if that one differs.
    """
    _positive(amount)
    return _by_hand(store_id=store_id, amount=amount, key=key, label=label, actor=actor, kind=kind)


def adjust(*, store_id: int, amount: int, key: str, label: str, actor: Actor) -> LedgerEntry:
    """Correct the balance by a signed number of credits; what open reservations hold cannot be taken.

    The same key again returns the first entry with `repeated` set. Raises InsufficientCredits, KeyReused, and
    ValueError for 0.
    """
    if amount == 0:
        raise ValueError("an adjustment of 0 credits")
    return _by_hand(store_id=store_id, amount=amount, key=key, label=label, actor=actor, kind="adjustment")


@transaction.atomic
def renew_allowance(*, store_id: int, amount: int, key: str, label: str) -> bool:
    """Start a period of the plan with `amount` free credits; what was left over lapses, what is held stays held.

    False when the key was used before.
    """
    account = _locked(account_of(store_id).pk)
    if LedgerEntry.objects.filter(key=key).exists():
        return False
    lapsed = account.allowance - account.allowance_held
    _post(account, kind="allowance", amount=0, allowance=amount - lapsed, key=key, label=label)
    return True


@transaction.atomic
def capture_late(*, account_id: int, amount: int, key: str, label: str) -> bool:
    """Charge an acceptance that was proved after its hold went back; the free allowance goes first.

    The only way below zero: what is missing becomes `overdraft`, and nothing new is held while available < 0.
    False when the key (`late:<recipient>`) was used before.
    """
    _positive(amount)
    account = _locked(account_id)
    if LedgerEntry.objects.filter(key=key).exists():
        return False
    free = min(amount, account.allowance - account.allowance_held)
    _post(account, kind="late", amount=free - amount, allowance=-free, key=key, label=label)
    return True


@transaction.atomic
def refund(*, charge_key: str, amount: int, key: str, label: str) -> bool:
    """Give back `amount` credits of the entry that charged them, bought credits first, and link the two.

    False when the key was used before. Raises RefundRefused when there is no such charge or less is left of it.
    """
    _positive(amount)
    charged = LedgerEntry.objects.filter(key=charge_key, kind__in=("charge", "late")).first()
    if charged is None:
        raise RefundRefused("There is no such charge.")
    account = _locked(charged.account_id)
    if LedgerEntry.objects.filter(key=key).exists():
        return False
    before = LedgerEntry.objects.filter(refers_to=charged).aggregate(credits=Sum("amount"), free=Sum("allowance"))
    credits = min(amount, -charged.amount - (before["credits"] or 0))
    if amount - credits > -charged.allowance - (before["free"] or 0):
        raise RefundRefused
    _post(account, kind="refund", amount=credits, allowance=amount - credits, key=key, label=label, refers_to=charged)
    return True


@transaction.atomic
def reverse(*, purchase_key: str, amount: int, key: str, label: str) -> bool:
    """Take back credits of a purchase whose money went back (amount < 0), or give them again (> 0); linked to it.

    Available credits may go below zero: then nothing new is held. False when the key was used before. Raises
    RefundRefused when there is no such purchase.
    """
    bought = LedgerEntry.objects.filter(key=purchase_key, kind="purchase").first()
    if bought is None:
        raise RefundRefused("There is no such purchase.")
    account = _locked(bought.account_id)
    if LedgerEntry.objects.filter(key=key).exists():
        return False
    _post(account, kind="reversal", amount=amount, key=key, label=label, refers_to=bought)
    return True


def _by_hand(*, store_id: int, amount: int, key: str, label: str, actor: Actor, kind: str) -> LedgerEntry:
    with transaction.atomic():
        account = _locked(account_of(store_id).pk)
        if earlier := LedgerEntry.objects.filter(key=key).first():
            return _same(earlier, account=account, amount=amount, kind=kind)
        if amount < 0 and account.balance + amount < account.held:
            raise InsufficientCredits(required=-amount, available=account.balance - account.held)
        entry = _post(account, kind=kind, amount=amount, key=key, label=label, actor=actor)
        subject, after = f"account:{account.pk}", entry.balance_after
        facts = {"amount": amount, "key": key, "before": after - amount, "after": after}
        record(f"credits.{kind}", actor=actor, subject=subject, store_id=store_id, reason=label, **facts)
    return entry


def _same(entry: LedgerEntry, *, account: CreditAccount, amount: int, kind: str) -> LedgerEntry:
    if (entry.account_id, entry.amount, entry.kind) != (account.pk, amount, kind):
        raise KeyReused
    entry.repeated = True
    return entry


def _locked(account_id: int) -> CreditAccount:
    """The account, nobody else's until the transaction ends: the decision and the write see the same numbers."""
    return CreditAccount.objects.select_for_update(no_key=True).get(pk=account_id)


def _post(
    account: CreditAccount,
    *,
    kind: str,
    amount: int,
    key: str,
    label: str,
    allowance: int = 0,
    actor: Actor = SYSTEM,
    refers_to: LedgerEntry | None = None,
) -> LedgerEntry:
    """Write an entry and its effect on a locked account; the overdraft becomes exactly what is short."""
    now = timezone.now()
    balance = account.balance + amount
    CreditAccount.objects.filter(pk=account.pk).update(
        balance=F("balance") + amount,
        allowance=F("allowance") + allowance,
        overdraft=max(0, account.held - balance),
        updated_at=now,
    )
    return LedgerEntry.objects.create(
        account=account,
        kind=kind,
        amount=amount,
        allowance=allowance,
        balance_after=balance,
        key=key,
        label=label,
        actor=actor.name,
        refers_to=refers_to,
        created_at=now,
    )


# Refusals -----------------------------------------------------------------------------------------------------------


def _positive(amount: int) -> None:
    if amount < 1:
        raise ValueError(f"not a number of credits to move: {amount}")


def check_available(*, store_id: int, required: int) -> None:
    """Raise what `hold` would raise for this many credits, if it were called now."""
    _refuse_if_short(seen(store_id), required=required)


def _refuse_if_short(account: CreditAccount, *, required: int) -> None:
    available = account.available
    if available < 0:
        raise SpendingBlocked(required=required, available=available)
    if available < required:
        raise InsufficientCredits(required=required, available=available)


def _why_not(reservation_id: int) -> Problem:
    """Why a hold could not be drawn or released; a closed or smaller hold never grows back, so reading late is safe."""
    reservation = CreditReservation.objects.filter(pk=reservation_id).first()
    if reservation is None:
        return NotFound("There is no such reservation.")
    if reservation.state == "closed":
        return ReservationClosed()
    return ReservationExceeded(remaining=reservation.remaining)
