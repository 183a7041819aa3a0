"""Whether a store may begin to spend: its billing hold, and its subscription where one is asked for."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.errors import BillingHold, SubscriptionRequired
from billing.models import CreditAccount, Subscription
from billing.services import account_of
from billing.states import MAY_SEND
from config.audit import Actor, record
from config.problems import Conflict


def check_standing(store_id: int) -> None:
    """Raise BillingHold or SubscriptionRequired (403). What was launched before goes on: its credits are held."""
    reason = CreditAccount.objects.filter(store_id=store_id, hold_since__isnull=False).values_list("hold_reason")
    if held := reason.first():
        raise BillingHold(f"Sending is on hold by our billing: {held[0]}" if held[0] else None)
    if not settings.SUBSCRIPTION_REQUIRED:
        return
    status = Subscription.objects.filter(store_id=store_id).values_list("status", flat=True).first()
    if status not in MAY_SEND:
        raise SubscriptionRequired(subscription=status)


def set_billing_hold(*, store_id: int, on: bool, actor: Actor, reason: str) -> None:
    """Put the store on hold, or take it off: it can begin nothing that costs. `reason`: shown to the store.

    Raises Conflict when it is so already.
    """
    account_of(store_id)
    with transaction.atomic():
        rows = CreditAccount.objects.filter(store_id=store_id, hold_since__isnull=on)
        now = timezone.now()
        told = {"hold_since": now if on else None, "hold_reason": reason[:200] if on else "", "updated_at": now}
        if not rows.update(**told):
            raise Conflict("The store is on hold already." if on else "The store is not on hold.")
        action = "billing.hold" if on else "billing.hold_lifted"
        words = ("not on hold", "on hold")
        facts = {"before": words[not on], "after": words[on]}
        record(action, actor=actor, subject=f"store:{store_id}", store_id=store_id, reason=reason, **facts)
