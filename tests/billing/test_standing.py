import pytest
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.errors import BillingHold, SubscriptionRequired
from billing.standing import check_standing, set_billing_hold
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import Conflict

pytestmark = pytest.mark.usefixtures("plans")


def put(store: Store, *, on: bool, reason: str = "Unpaid invoice") -> None:
    """Staff's switch."""
    set_billing_hold(store_id=store.pk, on=on, actor=SYSTEM, reason=reason)


def test_without_the_setting_nobody_needs_a_plan(store: Store) -> None:
    check_standing(store.pk)


@pytest.mark.parametrize("status", ["trialing", "active"])
def test_a_live_plan_may_send(store: Store, settings: Settings, status: str) -> None:
    settings.SUBSCRIPTION_REQUIRED = True
    set_plan(store_id=store.pk, plan="starter", status=status, actor=SYSTEM)

    check_standing(store.pk)


@pytest.mark.parametrize(
    "status", [None, "past_due", "unpaid", "incomplete", "incomplete_expired", "paused", "cancelled"]
)
def test_no_other_plan_may(store: Store, settings: Settings, status: str | None) -> None:
    settings.SUBSCRIPTION_REQUIRED = True
    if status:
        set_plan(store_id=store.pk, plan="starter", status=status, actor=SYSTEM)

    with pytest.raises(SubscriptionRequired) as refusal:
        check_standing(store.pk)

    assert (refusal.value.status, refusal.value.code) == (403, "SUBSCRIPTION_REQUIRED")
    assert refusal.value.facts == {"subscription": status}


def test_a_hold_stops_also_who_has_a_plan(store: Store) -> None:
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    put(store, on=True)

    with pytest.raises(BillingHold, match="Unpaid invoice") as refusal:
        check_standing(store.pk)

    assert (refusal.value.status, refusal.value.code) == (403, "BILLING_HOLD")


def test_a_hold_that_is_lifted_is_forgotten(store: Store) -> None:
    put(store, on=True)
    put(store, on=False, reason="Paid")

    check_standing(store.pk)
    lines = AuditEvent.objects.filter(action__startswith="billing.hold").order_by("pk")
    assert list(lines.values_list("action", "reason")) == [
        ("billing.hold", "Unpaid invoice"),
        ("billing.hold_lifted", "Paid"),
    ]


@pytest.mark.parametrize("on", [True, False])
def test_the_switch_says_when_it_stands_there_already(store: Store, on: bool) -> None:
    if on:
        put(store, on=True)

    with pytest.raises(Conflict):
        put(store, on=on)
