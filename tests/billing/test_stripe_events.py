"""Stripe's webhook: forged, replayed, out of order, unknown; the ledger ends the same, and each thing is in it once."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from audiences.models import Store
from billing.errors import SpendingBlocked
from billing.models import CreditAccount, LedgerEntry, Payment, StripeEvent
from billing.payments.inbox import apply_due
from billing.services import hold
from tests.billing.cards import HOOK, Stripe, started, tell
from tests.billing.figures import Figures, figures

pytestmark = pytest.mark.usefixtures("plans")


@pytest.fixture
def paid(account: CreditAccount, store: Store, stripe: Stripe) -> Payment:
    """1000 credits for 45 EUR, paid; the account has 1100."""
    payment = started(store)
    tell(*stripe.do("pay", payment.session))
    return Payment.objects.get()


def later() -> None:
    """What was put off is due."""
    StripeEvent.objects.update(next_try_at="2020-01-01T00:00:00Z")


# The signature ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"secret": "whsec_other"}, {"late": 301.0}])
def test_what_stripe_did_not_sign_now_is_refused(
    account: CreditAccount, store: Store, stripe: Stripe, how: dict[str, Any]
) -> None:
    events = stripe.do("pay", started(store).session)

    assert set(tell(*events, **how)) == {401}

    assert not StripeEvent.objects.exists()
    assert figures(account) == Figures(balance=100)


def test_without_a_signature_or_a_secret_everything_is_refused(stripe: Stripe, settings: Settings) -> None:
    body = b'{"id": "evt_1"}'
    assert Client().post(HOOK, body, content_type="application/json").status_code == 401
    assert Client().get(HOOK).status_code == 405

    settings.STRIPE_WEBHOOK_SECRET = []
    assert tell({"id": "evt_1"}) == [401]


def test_a_secret_that_is_being_rotated_still_signs(stripe: Stripe) -> None:
    event = {"id": "evt_1", "type": "plan.created", "created": 1, "data": {"object": {"id": "x"}}}

    assert tell(event, secret="whsec_old") == [200]


def test_a_body_that_was_changed_is_refused(paid: Payment, stripe: Stripe) -> None:
    [event] = stripe.do("refund", paid.intent, 100)

    client = Client()
    headers = {"Stripe-Signature": "t=1,v1=00"}

    assert client.post(HOOK, b"{}", content_type="application/json", headers=headers).status_code == 401
    assert event["type"] == "charge.refunded"


@pytest.mark.parametrize("event", [{}, {"id": "evt_1"}, {"id": "evt_1", "type": "x", "created": 1, "data": {}}])
def test_what_is_signed_but_no_event_is_a_400(stripe: Stripe, event: dict[str, Any]) -> None:
    assert tell(event) == [400]
    assert not StripeEvent.objects.exists()


# Once, whatever the order -------------------------------------------------------------------------------------------


def test_a_replay_changes_nothing(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    events = stripe.do("pay", started(store).session)

    for _ in range(3):
        assert set(tell(*events)) == {200}

    assert figures(account) == Figures(balance=1100)
    assert StripeEvent.objects.count() == len(events)
    assert LedgerEntry.objects.filter(kind="purchase").count() == 1


def test_another_event_about_the_same_session_neither(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    [*_, done] = stripe.do("pay", started(store).session)

    tell(done, {**done, "id": "evt_other", "type": "checkout.session.async_payment_succeeded"})

    assert figures(account) == Figures(balance=1100)


def test_an_unknown_event_is_kept_without_what_names_people(stripe: Stripe) -> None:
    about = {"id": "card_1", "object": "card", "name": "Ada", "customer_details": {"email": "ada@example.org"}}

    tell({"id": "evt_1", "type": "issuing_card.created", "created": 1_700_000_000, "data": {"object": about}})

    row = StripeEvent.objects.get()
    assert (row.kind, row.outcome, row.facts) == ("issuing_card.created", "ignored", {"id": "card_1", "object": "card"})


def test_any_order_of_payment_refund_and_dispute_ends_the_same(store: Store, stripe: Stripe) -> None:
    for number, order in enumerate(permutations(range(4))):
        held = CreditAccount.objects.create(store=Store.objects.create(name="S", slug=f"s{number}", country="GR"))
        payment = started(held.store)
        [*_, done] = stripe.do("pay", payment.session)
        intent = done["data"]["object"]["payment_intent"]
        refunded = stripe.do("refund", intent, 1000)
        disputed = [*stripe.do("dispute", intent, won=False), *stripe.do("dispute", intent, won=True)]
        events = [done, *refunded, *disputed]

        tell(*(events[index] for index in order))
        for _ in range(4):
            later()
            apply_due(limit=50)

        assert figures(held) == Figures(balance=777), order  # 1000 less 10/45 of it, rounded up
        assert not StripeEvent.objects.filter(applied_at=None).exists()


def test_an_expired_session_that_is_paid_after_all_counts(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    payment = started(store)
    [*_, done] = stripe.do("pay", payment.session)
    expired = {**done, "id": "evt_x", "type": "checkout.session.expired"}
    expired["data"] = {"object": {**done["data"]["object"], "status": "expired", "payment_status": "unpaid"}}

    tell(expired)
    assert Payment.objects.get().status == "expired"
    tell(done)

    assert Payment.objects.get().status == "paid"
    assert figures(account) == Figures(balance=1100)


def test_a_transfer_is_paid_when_it_comes(account: CreditAccount, store: Store, stripe: Stripe) -> None:
    payment = started(store)
    [*_, done] = stripe.do("pay", payment.session)
    waiting = {**done, "id": "evt_w", "data": {"object": {**done["data"]["object"], "payment_status": "unpaid"}}}

    tell(waiting)
    assert (Payment.objects.get().status, figures(account).balance) == ("pending", 100)
    tell({**waiting, "id": "evt_f", "type": "checkout.session.async_payment_failed"})
    assert Payment.objects.get().status == "failed"
    tell({**done, "type": "checkout.session.async_payment_succeeded"})

    assert (Payment.objects.get().status, figures(account).balance) == ("paid", 1100)


def test_a_session_that_is_not_ours_is_put_off_and_given_up(stripe: Stripe) -> None:
    about: dict[str, Any] = {"id": "cs_9", "status": "complete", "payment_status": "paid", "client_reference_id": None}
    about |= {"payment_intent": "pi_9", "amount_total": 1}
    tell({"id": "evt_1", "type": "checkout.session.completed", "created": 1, "data": {"object": about}})

    row = StripeEvent.objects.get()
    assert (row.applied_at, row.tries, row.error) == (None, 1, "NotFound: A checkout session that is not ours.")
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(days=4))
    later()
    apply_due(limit=5)

    assert StripeEvent.objects.get().outcome == "given_up"


def test_an_event_that_breaks_us_keeps_the_others_from_nothing(paid: Payment, stripe: Stripe) -> None:
    tell({"id": "evt_1", "type": "charge.refunded", "created": 1, "data": {"object": {"id": "ch_1"}}})

    assert set(tell(*stripe.do("refund", paid.intent, 4500))) == {200}

    assert StripeEvent.objects.get(event_id="evt_1").error.startswith("KeyError")
    assert figures(CreditAccount.objects.get()) == Figures(balance=100)


# Money that goes back -----------------------------------------------------------------------------------------------


def test_refunds_take_their_share_each_and_all_takes_all(paid: Payment, stripe: Stripe) -> None:
    account = CreditAccount.objects.get()

    tell(*stripe.do("refund", paid.intent, 450))
    assert figures(account) == Figures(balance=1000)
    tell(*stripe.do("refund", paid.intent, 4050))

    assert figures(account) == Figures(balance=100)
    rows = LedgerEntry.objects.filter(kind="reversal").order_by("pk").values_list("amount", "refers_to__kind")
    assert list(rows) == [(-100, "purchase"), (-900, "purchase")]
    paid.refresh_from_db()
    assert (paid.refunded_cents, paid.credits_taken) == (4500, 1000)


def test_an_older_word_about_refunds_changes_nothing(paid: Payment, stripe: Stripe) -> None:
    first, second = *stripe.do("refund", paid.intent, 450), *stripe.do("refund", paid.intent, 450)

    tell(second, first)

    assert figures(CreditAccount.objects.get()) == Figures(balance=900)


def test_a_refund_of_spent_credits_goes_below_zero_and_blocks(paid: Payment, stripe: Stripe, store: Store) -> None:
    hold(store_id=store.pk, amount=1050, key="campaign:1:1", label="Spring")

    tell(*stripe.do("refund", paid.intent, 4500))

    assert figures(CreditAccount.objects.get()) == Figures(balance=100, held=1050, overdraft=950)
    with pytest.raises(SpendingBlocked):
        hold(store_id=store.pk, amount=1, key="campaign:2:1", label="Summer")


def test_a_dispute_takes_and_a_won_one_gives_again(paid: Payment, stripe: Stripe) -> None:
    account = CreditAccount.objects.get()

    tell(*stripe.do("dispute", paid.intent, won=False))
    assert figures(account) == Figures(balance=100)
    tell(*stripe.do("dispute", paid.intent, won=True))

    assert figures(account) == Figures(balance=1100)
    paid.refresh_from_db()
    assert paid.credits_taken == 0


def test_refund_and_dispute_together_take_no_more_than_was_bought(paid: Payment, stripe: Stripe) -> None:
    tell(*stripe.do("refund", paid.intent, 4500), *stripe.do("dispute", paid.intent, won=False))

    assert figures(CreditAccount.objects.get()) == Figures(balance=100)
