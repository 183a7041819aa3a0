"""Many sweeps, many members of staff, and holds beside a renewal. Who wins is open; the sums are not."""

import pytest
from django.db.models import F
from django.utils import timezone

from audiences.models import Store
from billing.drift import find_drift
from billing.models import CreditAccount, LedgerEntry, Subscription
from billing.services import hold
from billing.standing import set_billing_hold
from billing.subscriptions import renew_due, set_plan
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import Conflict
from tests.billing.figures import Figures, figures
from tests.factories import CreditAccountFactory, some_plans
from tests.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
LONG_AGO = {
    "anchor": "2026-01-01T00:00:00Z",
    "period_start": "2026-01-01T00:00:00Z",
    "period_end": "2026-02-01T00:00:00Z",
}


@pytest.fixture
def subscribed(store: Store) -> CreditAccount:
    """The starter plan, whose period is over."""
    some_plans()
    account = CreditAccountFactory.create(store=store)
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    Subscription.objects.update(**LONG_AGO)
    return account


def test_one_of_many_sweeps_renews(subscribed: CreditAccount) -> None:
    results = at_once(10, lambda _: renew_due(limit=5)["renewed"])

    assert sorted(map(str, results)) == ["0"] * 9 + ["1"]
    assert figures(subscribed) == Figures(balance=100, allowance=300)
    assert AuditEvent.objects.filter(action="subscription.renew").count() == 1
    row = Subscription.objects.get()
    assert row.period_start <= timezone.now() < row.period_end


def test_a_store_gets_one_subscription_however_many_set_it(store: Store) -> None:
    some_plans()

    results = at_once(10, lambda _: set_plan(store_id=store.pk, plan="pro", status="active", actor=SYSTEM).pk)

    assert len(set(map(str, results))) == 1
    assert Subscription.objects.count() == 1
    assert CreditAccount.objects.get(store=store).allowance == 1500
    assert LedgerEntry.objects.filter(kind="allowance").count() == 1


def test_holds_beside_a_renewal_take_each_free_credit_once(subscribed: CreditAccount, store: Store) -> None:
    def act(index: int) -> object:
        if index % 4 == 0:
            return renew_due(limit=5)
        return hold(store_id=store.pk, amount=20, key=f"campaign:{index}:1", label="Spring")

    results = at_once(20, act)

    after = figures(subscribed)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert after.held + after.allowance_held == 15 * 20
    assert after.balance == 100
    assert after.allowance >= after.allowance_held
    assert find_drift() == []


def test_plans_that_change_to_and_fro_leave_one_period(store: Store) -> None:
    some_plans()
    CreditAccountFactory.create(store=store)

    def act(index: int) -> object:
        plan = ("starter", "pro")[index % 2]
        return set_plan(store_id=store.pk, plan=plan, status="active", actor=SYSTEM)

    results = at_once(8, act)

    row = Subscription.objects.select_related("plan").get()
    assert [result for result in results if isinstance(result, Exception)] == []
    assert CreditAccount.objects.get(store=store).allowance == row.plan.allowance
    assert find_drift() == []


def test_a_hold_by_staff_is_put_on_once(store: Store) -> None:
    results = at_once(8, lambda _: set_billing_hold(store_id=store.pk, on=True, actor=SYSTEM, reason="Unpaid"))

    assert sum(isinstance(result, Conflict) for result in results) == 7
    assert AuditEvent.objects.filter(action="billing.hold").count() == 1
    assert CreditAccount.objects.filter(hold_since__lte=timezone.now(), hold_reason=F("hold_reason")).count() == 1
