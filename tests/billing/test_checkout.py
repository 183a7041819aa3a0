import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.models import CreditAccount, LedgerEntry, Package, Payment, Subscription
from billing.payments.checkout import AlreadySubscribed, NeverPaid, portal, start_checkout
from billing.payments.gateway import PaymentsFailed, PaymentsUnavailable, client
from billing.payments.silent import ask_after_silent
from billing.subscriptions import set_plan
from config.audit import SYSTEM
from config.problems import InvalidFields
from config.sql import TransactionOpen
from tests.billing.cards import Stripe, order, package, started, tell
from tests.billing.figures import Figures, figures

pytestmark = pytest.mark.usefixtures("plans")


def test_without_keys_nobody_pays_by_card(store: Store) -> None:
    with pytest.raises(PaymentsUnavailable) as refusal:
        started(store)

    assert (refusal.value.status, refusal.value.code) == (409, "PAYMENTS_UNAVAILABLE")
    assert not Payment.objects.exists()


def test_without_a_webhook_secret_neither(store: Store, stripe: Stripe, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = []

    with pytest.raises(PaymentsUnavailable):
        started(store)


def test_a_package_is_bought_when_stripe_says_so(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    payment = started(store)
    assert (payment.status, payment.credits, payment.amount_cents) == ("pending", 1000, 4500)
    assert figures(account) == Figures(balance=100)

    assert set(tell(*stripe.do("pay", payment.session))) == {200}

    payment.refresh_from_db()
    assert payment.status == "paid"
    assert payment.intent
    assert figures(account) == Figures(balance=1100)
    entry = LedgerEntry.objects.get(kind="purchase")
    assert (entry.key, entry.amount, entry.label) == (f"stripe:{payment.session}", 1000, "1000 credits by card")


def test_the_page_is_stripes(store: Store, stripe: Stripe) -> None:
    url = start_checkout(store=store, order=order(package_id=package().pk), actor=SYSTEM).url

    assert url.startswith(f"{stripe.url}/pay/cs_")


def test_a_store_is_one_customer(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    started(store)
    account.refresh_from_db()
    first = account.stripe_customer

    started(store)

    account.refresh_from_db()
    assert first
    assert account.stripe_customer == first


def test_what_stripe_answered_with_a_500_is_asked_again_under_the_same_key(store: Store, stripe: Stripe) -> None:
    stripe.fail(1)

    payment = started(store)

    assert payment.session
    assert Payment.objects.count() == 1


def test_while_stripe_is_away_nothing_is_bought(store: Store, stripe: Stripe) -> None:
    stripe.fail(99)

    with pytest.raises(PaymentsFailed) as refusal:
        started(store)

    assert (refusal.value.status, refusal.value.code) == (503, "PAYMENTS_FAILED")
    assert not LedgerEntry.objects.exists()


def test_stripe_is_not_asked_inside_a_transaction(stripe: Stripe) -> None:
    with transaction.atomic(), pytest.raises(TransactionOpen):
        client()


def test_a_package_that_is_gone_is_refused(store: Store, stripe: Stripe) -> None:
    gone = package()
    Package.objects.filter(pk=gone.pk).update(active=False)

    for goods in ({"package_id": gone.pk}, {"package_id": 0}, {"plan": "gold"}, {}, {"plan": "pro", "package_id": 1}):
        with pytest.raises(InvalidFields):
            start_checkout(store=store, order=order(**goods), actor=SYSTEM)

    assert not Payment.objects.exists()


# Plans --------------------------------------------------------------------------------------------------------------


def test_a_plan_that_is_paid_begins(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    payment = started(store, plan="starter")

    tell(*stripe.do("pay", payment.session))

    row = Subscription.objects.get(store=store)
    assert (row.plan.code, row.status, row.managed_by, row.may_send) == ("starter", "active", "stripe", True)
    assert figures(account) == Figures(balance=100, allowance=300)
    assert Payment.objects.get().status == "paid"


def test_who_has_one_changes_it_in_the_portal(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    tell(*stripe.do("pay", started(store, plan="starter").session))

    with pytest.raises(AlreadySubscribed):
        started(store, plan="pro")

    assert portal(store=store, return_url="https://shop.example/").startswith(f"{stripe.url}/portal")


def test_a_plan_of_staffs_gives_way_to_one_that_is_paid(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    set_plan(store_id=store.pk, plan="starter", status="trialing", actor=SYSTEM)

    tell(*stripe.do("pay", started(store, plan="pro").session))

    row = Subscription.objects.get(store=store)
    assert (row.plan.code, row.managed_by) == ("pro", "stripe")
    assert figures(account) == Figures(balance=100, allowance=1500)


def test_who_never_paid_has_no_portal(store: Store, stripe: Stripe) -> None:
    with pytest.raises(NeverPaid):
        portal(store=store, return_url="https://shop.example/")


# Lost webhooks ------------------------------------------------------------------------------------------------------


def silent_for_long() -> None:
    """All payments began, and were looked at, two days ago."""
    Payment.objects.update(created_at="2020-01-01T00:00:00Z", looked_at="2020-01-01T00:00:00Z")


def test_a_payment_whose_webhook_was_lost_is_asked_after(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    events = stripe.do("pay", started(store).session)
    assert ask_after_silent(limit=5)["asked"] == 0
    silent_for_long()

    assert ask_after_silent(limit=5) == {"asked": 1, "settled": 1, "expired": 0}
    tell(*events)

    assert figures(account) == Figures(balance=1100)
    assert Payment.objects.get().status == "paid"


def test_one_that_is_open_stays_so_and_an_expired_one_ends(store: Store, stripe: Stripe) -> None:
    payment = started(store)
    silent_for_long()
    assert ask_after_silent(limit=5) == {"asked": 1, "settled": 0, "expired": 0}

    stripe.do("expire", payment.session)
    silent_for_long()

    assert ask_after_silent(limit=5)["settled"] == 1
    assert Payment.objects.get().status == "expired"


def test_a_click_that_died_before_stripe_was_asked_expires(store: Store, stripe: Stripe) -> None:
    started(store)
    Payment.objects.update(session=None)
    silent_for_long()

    assert ask_after_silent(limit=5) == {"asked": 0, "settled": 0, "expired": 1}


def test_while_stripe_is_away_the_others_are_asked_too(store: Store, stripe: Stripe) -> None:
    started(store)
    started(store)
    silent_for_long()
    stripe.fail(99)

    assert ask_after_silent(limit=5) == {"asked": 2, "settled": 0, "expired": 0}


def test_without_keys_nobody_is_asked(store: Store, stripe: Stripe, settings: Settings) -> None:
    started(store)
    silent_for_long()
    settings.STRIPE_SECRET_KEY = ""

    assert ask_after_silent(limit=5)["asked"] == 0
