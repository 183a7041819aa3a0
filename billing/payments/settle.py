"""What payments do to the books. Everything may be repeated, and come in any order: keys and sums decide.

Lock order: payment, then account.
"""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from billing.models import CreditAccount, Invoice, Payment, Subscription
from billing.models.payments import INVOICE_STATUSES
from billing.payments.gateway import Session, Subscribed
from billing.periods import Period
from billing.services import grant, reverse
from billing.states import ENDED, PAYMENT
from billing.subscriptions import Terms, locked, plan_of, write
from config.audit import SYSTEM, record
from config.opaque import private_id
from config.problems import NotFound

log = logging.getLogger(__name__)


class NotYet(Exception):
    """What this is about has not been heard of: another event is on its way."""


def settle_session(session: Session) -> str:
    """Book what a checkout session says: paid, expired, or nothing yet. Raises NotFound for a session that is not ours.

    A paid package is a `purchase` in the ledger under the session's key, once; a paid plan is told by its subscription.
    """
    number = private_id(session.reference, kind="pay")
    with transaction.atomic():
        payment = Payment.objects.select_for_update(no_key=True).filter(pk=number or 0).first()
        if payment is None or payment.session not in {None, session.id}:
            raise NotFound("A checkout session that is not ours.")
        rows, now = Payment.objects.filter(pk=payment.pk), timezone.now()
        if session.status == "complete" and session.payment_status in {"paid", "no_payment_required"}:
            paid = {"session": session.id, "intent": session.intent, "paid_at": now}
            if PAYMENT.move(rows, "pay", **paid, amount_cents=_amount(payment, session)):
                _buy(payment, session)
            return "paid"
        if session.status == "expired" and PAYMENT.move(rows, "expire"):
            return "expired"
    return "open"


def fail_session(session: Session) -> str:
    """A payment that takes days, like a transfer, did not come."""
    number = private_id(session.reference, kind="pay")
    return "failed" if PAYMENT.move(Payment.objects.filter(pk=number or 0), "fail") else "open"


def _amount(payment: Payment, session: Session) -> int:
    return payment.amount_cents if session.amount_cents is None else session.amount_cents


def _buy(payment: Payment, session: Session) -> None:
    if payment.kind == "package":
        label = f"{payment.package} by card"
        key = purchase_key(session.id)
        store_id = payment.store_id
        grant(store_id=store_id, amount=payment.credits, key=key, label=label, actor=SYSTEM, kind="purchase")
    record("payment.paid", actor=SYSTEM, subject=f"payment:{payment.pk}", store_id=payment.store_id)


def purchase_key(session_id: str | None) -> str:
    """The ledger's key of what a checkout session bought."""
    return f"stripe:{session_id}"


# Money that went back -----------------------------------------------------------------------------------------------


def take_back_refunded(*, intent: str, charge: str, refunded_cents: int) -> str:
    """Take back the credits of a refund. `refunded_cents`: of the whole charge so far: older words do nothing.

    Raises NotYet for a payment that has not been heard of as paid.
    """
    with transaction.atomic():
        payment = _paid(intent)
        payment.refunded_cents = max(payment.refunded_cents, refunded_cents)
        return _follow(payment, key=f"stripe:{charge}:refunded:{refunded_cents}", label="Money that was refunded")


def settle_dispute(*, intent: str, dispute: str, cents: int, won: bool) -> str:
    """Take back the credits of a payment that its bank took away, or give them again when the dispute was won.

    Won is the end, whatever comes after it. Raises NotYet.
    """
    with transaction.atomic():
        payment = _paid(intent)
        won = won or payment.disputes.get(dispute, {}).get("won", False)
        payment.disputes[dispute] = {"cents": cents, "won": won}
        word, label = ("reinstated", "A dispute that was won") if won else ("withdrawn", "A payment that was disputed")
        return _follow(payment, key=f"stripe:{dispute}:{word}", label=label)


def _follow(payment: Payment, *, key: str, label: str) -> str:
    """Let the credits that were taken be those that refunds and open disputes are worth; the difference is an entry."""
    if payment.kind != "package":
        return "known"
    lost = [one["cents"] for one in payment.disputes.values() if not one["won"]]
    target = min(payment.credits, sum(_share(payment, cents) for cents in (payment.refunded_cents, *lost)))
    columns = {"refunded_cents": payment.refunded_cents, "disputes": payment.disputes, "credits_taken": target}
    Payment.objects.filter(pk=payment.pk).update(**columns)
    more = target - payment.credits_taken
    if not more:
        return "known"
    reverse(purchase_key=purchase_key(payment.session), amount=-more, key=key, label=label)
    subject = f"payment:{payment.pk}"
    record("payment.reversed", actor=SYSTEM, subject=subject, store_id=payment.store_id, credits=-more, key=key)
    return "taken" if more > 0 else "given"


def _paid(intent: str) -> Payment:
    payment = Payment.objects.select_for_update(no_key=True).filter(intent=intent, status="paid").first()
    if payment is None:
        raise NotYet
    return payment


def _share(payment: Payment, cents: int) -> int:
    """The credits that so much of the money bought, rounded up: whoever gets all back keeps none."""
    return min(payment.credits, -(-payment.credits * cents // max(payment.amount_cents, 1)))


# Subscriptions and invoices -----------------------------------------------------------------------------------------


def store_of(customer: str) -> int:
    """The store that is this customer of Stripe's. Raises NotFound."""
    store_id = CreditAccount.objects.filter(stripe_customer=customer).values_list("store_id", flat=True).first()
    if store_id is None:
        raise NotFound("A customer that is not ours.")
    return store_id


def seen_version(customer: str) -> int | None:
    """The version of the customer's subscription here: to be read before Stripe is asked."""
    return Subscription.objects.filter(store_id=store_of(customer)).values_list("version", flat=True).first()


def settle_subscription(shown: Subscribed, *, seen: int | None) -> str:
    """Write down a subscription as Stripe has it; a period that begins brings its allowance.

    `seen`: the version here before Stripe was asked; raises NotYet when it changed since, and what was read may be
    the older. An ended one does not displace another that lives.
    """
    store_id = store_of(shown.customer)
    terms = Terms(
        plan=plan_of(shown.plan),
        status=shown.status,
        managed_by="stripe",
        stripe_id=shown.id,
        period=Period(shown.start, shown.end),
        ends_at_period_end=shown.ends_at_period_end,
    )
    with transaction.atomic():
        current = locked(store_id)
        if (current.version if current else None) != seen:
            raise NotYet
        if current and current.stripe_id != shown.id and current.status not in ENDED and shown.status in ENDED:
            return "other"
        if current and _same(current, terms):
            return "known"
        row = write(store_id=store_id, current=current, terms=terms)
        subject, facts = f"subscription:{row.pk}", {"status": shown.status, "plan": shown.plan}
        record("subscription.stripe", actor=SYSTEM, subject=subject, store_id=store_id, **facts)
    return "written"


def _same(row: Subscription, terms: Terms) -> bool:
    here: Any = (row.plan_id, row.status, row.stripe_id, Period(row.period_start, row.period_end))
    return (*here, row.ends_at_period_end) == (
        terms.plan.pk,
        terms.status,
        terms.stripe_id,
        terms.period,
        terms.ends_at_period_end,
    )


def settle_invoice(*, customer: str, stripe_id: str, status: str, columns: dict[str, Any]) -> str:
    """Keep an invoice; its status only moves on (draft, open, uncollectible, void, paid), whatever comes when."""
    store_id, now = store_of(customer), timezone.now()
    earlier = INVOICE_STATUSES[: INVOICE_STATUSES.index(status) + 1]
    Invoice.objects.bulk_create(
        [Invoice(store_id=store_id, stripe_id=stripe_id, status=status, **columns)], ignore_conflicts=True
    )
    rows = Invoice.objects.filter(stripe_id=stripe_id, store_id=store_id, status__in=earlier)
    return "written" if rows.update(status=status, updated_at=now, **columns) else "known"
