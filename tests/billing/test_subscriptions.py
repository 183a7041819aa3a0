from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from audiences.models import Store
from billing.models import CreditAccount, LedgerEntry, Plan, Subscription
from billing.services import charge, close, hold
from billing.subscriptions import ByStripe, renew_due, set_plan
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields
from tests.billing.figures import Figures, figures

pytestmark = pytest.mark.usefixtures("plans")
STAFF = Actor("staff:1")


def has(store: Store, plan: str = "starter", status: str = "active") -> Subscription:
    """Staff gives the store a plan."""
    return set_plan(store_id=store.pk, plan=plan, status=status, actor=STAFF, reason="Agreed")


def overdue(store: Store, days: int = 32) -> None:
    """The period, and the first of all, began so many days earlier."""
    back = timedelta(days=days)
    Subscription.objects.filter(store=store).update(
        anchor=F("anchor") - back, period_start=F("period_start") - back, period_end=F("period_end") - back
    )


def test_a_plan_brings_the_free_credits_of_its_first_period(account: CreditAccount, store: Store) -> None:
    row = has(store)

    assert (row.plan.code, row.status, row.managed_by, row.may_send) == ("starter", "active", "staff", True)
    assert figures(account) == Figures(balance=100, allowance=300)
    assert LedgerEntry.objects.get(kind="allowance").label.startswith("Plan Starter from ")
    line = AuditEvent.objects.get(action="subscription.set")
    assert (line.actor, line.reason, line.facts) == (
        "staff:1",
        "Agreed",
        {"plan": "starter", "status": "active", "before": "none", "after": "starter, active"},
    )


def test_a_year_is_a_period_too(store: Store) -> None:
    row = has(store, "pro")

    assert row.period_end - row.period_start >= timedelta(days=365)
    assert CreditAccount.objects.get(store=store).allowance == 1500


def test_the_same_again_brings_nothing(account: CreditAccount, store: Store) -> None:
    first = has(store)
    hold(store_id=store.pk, amount=50, key="campaign:1:1", label="Spring")

    again = has(store)

    assert again.period_end == first.period_end
    assert figures(account) == Figures(balance=100, allowance=300, allowance_held=50)


def test_another_plan_begins_a_period_and_what_was_left_lapses(account: CreditAccount, store: Store) -> None:
    has(store)

    has(store, "pro")

    assert figures(account) == Figures(balance=100, allowance=1500)
    assert list(LedgerEntry.objects.filter(kind="allowance").order_by("pk").values_list("allowance", flat=True)) == [
        300,
        1200,
    ]


def test_a_trial_brings_credits_and_a_late_payment_takes_none(account: CreditAccount, store: Store) -> None:
    has(store, status="trialing")
    assert figures(account) == Figures(balance=100, allowance=300)

    row = has(store, status="past_due")

    assert not row.may_send
    assert figures(account) == Figures(balance=100, allowance=300)


def test_who_pays_late_gets_the_period_once(account: CreditAccount, store: Store) -> None:
    has(store)
    has(store, status="past_due")

    has(store)

    assert figures(account) == Figures(balance=100, allowance=300)


@pytest.mark.parametrize("status", ["cancelled", "unpaid", "incomplete_expired"])
def test_an_end_lapses_what_is_left_but_not_what_is_held(account: CreditAccount, store: Store, status: str) -> None:
    has(store)
    hold(store_id=store.pk, amount=120, key="campaign:1:1", label="Spring")

    has(store, status=status)
    has(store, status=status)

    assert figures(account) == Figures(balance=100, allowance=120, allowance_held=120)


def test_who_comes_back_begins_anew(account: CreditAccount, store: Store) -> None:
    has(store)
    has(store, status="cancelled")
    overdue(store, days=3)

    row = has(store)

    assert timezone.now() - row.period_start < timedelta(minutes=1)
    assert figures(account) == Figures(balance=100, allowance=300)


def test_a_plan_that_never_began_brings_nothing(account: CreditAccount, store: Store) -> None:
    has(store, status="incomplete")

    assert figures(account) == Figures(balance=100)


def test_the_sweep_begins_the_next_period(account: CreditAccount, store: Store) -> None:
    has(store)
    overdue(store)

    assert renew_due(limit=10) == {"renewed": 1}
    assert renew_due(limit=10) == {"renewed": 0}

    row = Subscription.objects.get(store=store)
    assert row.period_start <= timezone.now() < row.period_end
    assert figures(account) == Figures(balance=100, allowance=300)


def test_of_periods_that_were_missed_only_the_one_that_is_now_brings_credits(
    account: CreditAccount, store: Store
) -> None:
    has(store)
    overdue(store, days=200)

    renew_due(limit=10)

    assert LedgerEntry.objects.filter(kind="allowance").count() == 2
    assert figures(account) == Figures(balance=100, allowance=300)


def test_a_period_that_ends_while_holds_are_open(account: CreditAccount, store: Store) -> None:
    """Held free credits stay held; what the hold gives back counts in the new period."""
    has(store)
    reservation = hold(store_id=store.pk, amount=350, key="campaign:1:1", label="Spring")
    charge(reservation_id=reservation.pk, amount=100, key="batch:1:1", label="Spring")
    overdue(store)

    renew_due(limit=10)
    assert figures(account) == Figures(balance=100, held=50, allowance=500, allowance_held=200)
    charge(reservation_id=reservation.pk, amount=150, key="batch:2:1", label="Spring")
    close(reservation_id=reservation.pk)

    assert figures(account) == Figures(balance=100, allowance=350)


@pytest.mark.parametrize("status", ["past_due", "cancelled", "paused"])
def test_a_plan_that_may_not_send_is_not_renewed(account: CreditAccount, store: Store, status: str) -> None:
    has(store)
    has(store, status=status)
    overdue(store)
    before = figures(account)

    assert renew_due(limit=10) == {"renewed": 0}
    assert figures(account) == before


def test_a_late_payment_after_the_end_begins_the_period_that_is_now(account: CreditAccount, store: Store) -> None:
    has(store)
    has(store, status="past_due")
    overdue(store)

    row = has(store)

    assert row.period_start <= timezone.now() < row.period_end
    assert LedgerEntry.objects.filter(kind="allowance").count() == 2


def test_staff_leaves_alone_what_is_stripes(store: Store) -> None:
    has(store)
    Subscription.objects.filter(store=store).update(managed_by="stripe", stripe_id="sub_1")

    with pytest.raises(ByStripe):
        has(store, "pro")

    assert Subscription.objects.get(store=store).plan.code == "starter"
    assert renew_due(limit=10) == {"renewed": 0}


def test_staff_takes_over_what_stripe_ended(store: Store) -> None:
    has(store)
    Subscription.objects.filter(store=store).update(managed_by="stripe", stripe_id="sub_1", status="cancelled")

    row = has(store, "pro")

    assert (row.managed_by, row.stripe_id, row.plan.code) == ("staff", None, "pro")


@pytest.mark.parametrize(("plan", "status"), [("gold", "active"), ("starter", "happy")])
def test_what_there_is_not_is_refused(store: Store, plan: str, status: str) -> None:
    with pytest.raises(InvalidFields):
        has(store, plan, status)

    assert not Subscription.objects.exists()


def test_a_plan_that_was_withdrawn_cannot_be_had(store: Store) -> None:
    Plan.objects.filter(code="pro").update(active=False)

    with pytest.raises(InvalidFields):
        set_plan(store_id=store.pk, plan="pro", status="active", actor=SYSTEM)
