from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from billing.caps import Committed, check_caps, committed
from billing.errors import SpendCapReached
from billing.models import CreditAccount, CreditReservation
from billing.services import charge, close, hold, release
from tests.billing.figures import Figures, figures
from tests.races import at_once


def cap(store: Store, **caps: int) -> None:
    """The store's own limits, e.g. `day=50`."""
    Store.objects.filter(pk=store.pk).update(**{f"spend_cap_{name}": limit for name, limit in caps.items()})


def take(store: Store, amount: int, number: int = 1) -> CreditReservation:
    """A launch of so many credits."""
    return hold(store_id=store.pk, amount=amount, key=f"campaign:{number}:1", label="Spring")


@pytest.fixture
def of_last_month(account: CreditAccount, store: Store) -> CreditReservation:
    """A hold of 30 credits that is older than any month."""
    held = take(store, 30, number=99)
    CreditReservation.objects.filter(pk=held.pk).update(created_at=timezone.now() - timedelta(days=32))
    return held


@pytest.mark.parametrize("name", ["campaign", "day", "month"])
def test_a_launch_may_use_a_cap_up_and_no_more(account: CreditAccount, store: Store, name: str) -> None:
    cap(store, **{name: 40})

    with pytest.raises(SpendCapReached) as refusal:
        take(store, 41)

    assert (refusal.value.status, refusal.value.code) == (403, "SPEND_CAP")
    assert refusal.value.facts == {"cap": name, "limit": 40, "committed": 0, "required": 41, "left": 40}
    assert not CreditReservation.objects.exists()
    assert figures(account) == Figures(balance=100)
    assert take(store, 40).amount == 40


@pytest.mark.usefixtures("account")
def test_the_cap_of_a_campaign_is_about_each(store: Store) -> None:
    cap(store, campaign=40)

    take(store, 40, number=1)
    take(store, 40, number=2)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["day", "month"])
def test_launches_of_a_period_add_up(store: Store, name: str) -> None:
    cap(store, **{name: 50})
    take(store, 30)

    with pytest.raises(SpendCapReached) as refusal:
        take(store, 30, number=2)

    assert (refusal.value.facts["committed"], refusal.value.facts["left"]) == (30, 20)


@pytest.mark.usefixtures("of_last_month")
def test_what_was_launched_before_the_period_counts_no_more(store: Store) -> None:
    cap(store, month=40)

    take(store, 40)


@pytest.mark.usefixtures("account")
def test_what_comes_back_may_be_used_again(store: Store) -> None:
    cap(store, day=50)
    first = take(store, 50)
    charge(reservation_id=first.pk, amount=10, key="batch:1:1", label="Spring")
    release(reservation_id=first.pk, amount=15)
    close(reservation_id=first.pk)

    assert committed(Store.objects.get(pk=store.pk), now=timezone.now()) == Committed(day=10, month=10)
    take(store, 40, number=2)


@pytest.mark.usefixtures("account")
def test_the_same_key_again_is_the_same_hold(store: Store) -> None:
    cap(store, day=50)
    first = take(store, 50)

    assert take(store, 50).pk == first.pk


@pytest.mark.usefixtures("account")
def test_the_caps_of_another_store_are_its_own(store: Store, other_store: Store) -> None:
    cap(other_store, campaign=1)

    take(store, 100)


def test_a_look_ahead_says_what_a_launch_would(store: Store) -> None:
    cap(store, campaign=40, day=30)

    check_caps(store_id=store.pk, required=30)
    with pytest.raises(SpendCapReached, match="per day: 31 credits, 30 of 30 are left"):
        check_caps(store_id=store.pk, required=31)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_launches_at_once_do_not_pass_a_cap_together(account: CreditAccount, store: Store) -> None:
    cap(store, day=50)

    def launch(index: int) -> str:
        with transaction.atomic():
            take(store, 10, number=index)
        return "held"

    results = at_once(12, launch)

    assert results.count("held") == 5
    assert sum(isinstance(result, SpendCapReached) for result in results) == 7
    assert figures(account) == Figures(balance=100, held=50)
