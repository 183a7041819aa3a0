"""Plans of stores: whose is which, when a period begins, and what free credits it brings.

The allowance of a period is granted under a key that names the period, once. What was left of the one before lapses;
what open holds have of it stays theirs, and what they give back counts in the period in which it comes back. Lock
order: account, then subscription.
"""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing.models import CreditAccount, Plan, Subscription
from billing.periods import Period, period_of
from billing.services import account_of, renew_allowance
from billing.states import ENDED, MAY_SEND, SUBSCRIPTION_STATUSES
from config.audit import SYSTEM, Actor, record
from config.problems import Conflict, invalid


class ByStripe(Conflict):
    """This subscription is Stripe's: it is changed in the customer portal."""


class Terms(NamedTuple):
    """What a subscription is to be. `period` None: as its anchor says."""

    plan: Plan
    status: str
    managed_by: str = "staff"
    stripe_id: str | None = None
    period: Period | None = None
    ends_at_period_end: bool = False


def plan_of(code: str) -> Plan:
    """A plan that can be subscribed to. Raises InvalidFields."""
    plan = Plan.objects.filter(code=code, active=True).first()
    if plan is None:
        raise invalid("/plan", "There is no such plan.", code="unknown_plan")
    return plan


def set_plan(*, store_id: int, plan: str, status: str, actor: Actor, reason: str = "") -> Subscription:
    """Staff gives a store a plan, or another status. Repeated it changes nothing, and brings no new allowance.

    Another plan, and a plan that begins again, starts a period now. Raises InvalidFields, ByStripe.
    """
    if status not in SUBSCRIPTION_STATUSES:
        raise invalid("/status", f"One of: {', '.join(SUBSCRIPTION_STATUSES)}.", code="bad_status")
    with transaction.atomic():
        current = locked(store_id)
        if current and current.managed_by == "stripe" and current.status not in ENDED:
            raise ByStripe
        row = write(store_id=store_id, current=current, terms=Terms(plan_of(plan), status))
        before = f"{current.plan.code}, {current.status}" if current else "none"
        facts = {"plan": plan, "status": status, "before": before, "after": f"{plan}, {status}"}
        subject = f"subscription:{row.pk}"
        record("subscription.set", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)
    return row


def write(*, store_id: int, current: Subscription | None, terms: Terms) -> Subscription:
    """Store the terms, in the caller's transaction with the account locked; a period that begins brings its allowance.

    An end (cancelled, unpaid) lapses what is left of it.
    """
    now = timezone.now()
    period, anchor = _period(current, terms, now)
    columns = {
        "plan": terms.plan,
        "status": terms.status,
        "managed_by": terms.managed_by,
        "stripe_id": terms.stripe_id,
        "anchor": anchor,
        "period_start": period.start,
        "period_end": period.end,
        "ends_at_period_end": terms.ends_at_period_end,
        "updated_at": now,
    }
    if current is None:
        row = Subscription.objects.create(store_id=store_id, **columns)
    else:
        Subscription.objects.filter(pk=current.pk).update(version=F("version") + 1, **columns)
        row = Subscription.objects.select_related("plan").get(pk=current.pk)
    if row.may_send:
        grant_period(row)
    elif row.status in ENDED and (current is None or current.status not in ENDED):
        _lapse(row, now)
    return row


def renew_due(*, limit: int) -> dict[str, int]:
    """The sweep: begin the next period of plans that staff manages; of those missed only the one that is now.

    Index: subscription_due.
    """
    now = timezone.now()
    due = Subscription.objects.filter(managed_by="staff", status__in=MAY_SEND, period_end__lte=now)
    store_ids = due.order_by("period_end", "pk").values_list("store_id", flat=True)[:limit]
    return {"renewed": sum(_renew(store_id, now) for store_id in store_ids)}


def _renew(store_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = locked(store_id)
        if row is None or row.managed_by != "staff" or row.status not in MAY_SEND or row.period_end > now:
            return False
        write(store_id=store_id, current=row, terms=Terms(row.plan, row.status))
        record("subscription.renew", actor=SYSTEM, subject=f"subscription:{row.pk}", store_id=store_id)
    return True


def locked(store_id: int) -> Subscription | None:
    """The store's subscription with its plan, if it has one; its account is locked until the transaction ends."""
    CreditAccount.objects.select_for_update(no_key=True).get(pk=account_of(store_id).pk)
    return Subscription.objects.select_related("plan").filter(store_id=store_id).first()


def _period(current: Subscription | None, terms: Terms, now: datetime) -> tuple[Period, datetime]:
    """The period that the terms are about, and the anchor of those that follow."""
    if terms.period:
        return terms.period, terms.period.start
    begins = current is None or current.plan_id != terms.plan.pk or current.managed_by != terms.managed_by
    begins = begins or (terms.status in MAY_SEND and current is not None and current.status in ENDED)
    anchor = now if current is None or begins else current.anchor
    if current is not None and not begins and (current.period_end > now or terms.status not in MAY_SEND):
        return Period(current.period_start, current.period_end), anchor
    return period_of(now, anchor=anchor, interval=terms.plan.interval), anchor


def grant_period(row: Subscription) -> bool:
    """The allowance of the subscription's period, once: the key names it. False when it was granted before."""
    key = f"allowance:{row.pk}:{row.plan_id}:{row.period_start:%Y%m%dT%H%M%S.%f}"
    label = f"Plan {row.plan.name} from {row.period_start:%Y-%m-%d}"
    return renew_allowance(store_id=row.store_id, amount=row.plan.allowance, key=key, label=label)


def _lapse(row: Subscription, now: datetime) -> None:
    key = f"allowance:{row.pk}:end:{now:%Y%m%dT%H%M%S.%f}"
    renew_allowance(store_id=row.store_id, amount=0, key=key, label=f"Plan {row.plan.name} ended")
