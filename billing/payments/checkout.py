"""Buying: a payment of ours, a session of Stripe's, and the page on which the card is asked for."""

from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from audiences.models import Store
from billing.models import CreditAccount, Package, Payment, Plan, Subscription
from billing.payments.gateway import asked, client
from billing.services import account_of
from billing.states import ENDED
from billing.subscriptions import plan_of
from config.audit import Actor, record
from config.opaque import public_id
from config.problems import Conflict, invalid


class AlreadySubscribed(Conflict):
    """The store has a subscription: change it in the portal."""


class NeverPaid(Conflict):
    """Nothing was bought by card yet: there is nothing to look after in the portal."""


class Order(NamedTuple):
    """What is to be bought: a package (its primary key) or a plan (its code); and where the browser goes then."""

    package_id: int | None
    plan: str | None
    success_url: str
    cancel_url: str


class Started(NamedTuple):
    """A checkout that somebody can pay at `url`."""

    payment: Payment
    url: str


def start_checkout(*, store: Store, order: Order, actor: Actor) -> Started:
    """A page of Stripe's on which the order is paid. Nothing is bought until its webhook says that it was.

    Who dies between our row and the session leaves a payment that expires. Raises PaymentsUnavailable,
    PaymentsFailed, InvalidFields, AlreadySubscribed.
    """
    stripe = client()
    goods = _goods(store, order)
    customer = customer_of(store)
    payment = _payment(store, goods, actor=actor)
    reference = public_id(payment.pk, kind="pay")
    params: Any = {
        "customer": customer,
        "client_reference_id": reference,
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "automatic_tax": {"enabled": settings.STRIPE_TAX_ENABLED},
        **_lines(goods),
    }
    options: Any = {"idempotency_key": f"checkout:{reference}"}
    session = asked(lambda: stripe.v1.checkout.sessions.create(params, options))
    Payment.objects.filter(pk=payment.pk).update(session=session.id)
    payment.session = session.id
    return Started(payment, str(session.url))


def portal(*, store: Store, return_url: str) -> str:
    """The address of Stripe's portal for the store: cards, invoices, the end of a subscription.

    Raises PaymentsUnavailable, PaymentsFailed, NeverPaid.
    """
    stripe = client()
    customer = account_of(store.pk).stripe_customer
    if customer is None:
        raise NeverPaid
    return asked(lambda: stripe.v1.billing_portal.sessions.create({"customer": customer, "return_url": return_url})).url


def customer_of(store: Store) -> str:
    """The store as a customer of Stripe's; made on first sight, once: its key is the store's."""
    account = account_of(store.pk)
    if account.stripe_customer:
        return account.stripe_customer
    name = public_id(store.pk, kind="str")
    params: Any = {"name": store.slug, "metadata": {"store": name}}
    options: Any = {"idempotency_key": f"customer:{name}"}
    made = asked(lambda: client().v1.customers.create(params, options)).id
    CreditAccount.objects.filter(pk=account.pk, stripe_customer=None).update(stripe_customer=made)
    return account_of(store.pk).stripe_customer or made


def _goods(store: Store, order: Order) -> Package | Plan:
    if (order.package_id is None) == (order.plan is None):
        raise invalid("/package", "A package or a plan, one of the two.", code="required")
    if order.plan is not None:
        live = Subscription.objects.filter(store=store, managed_by="stripe").exclude(status__in=ENDED)
        if live.exists():
            raise AlreadySubscribed
        return plan_of(order.plan)
    package = Package.objects.filter(pk=order.package_id or 0, active=True).first()
    if package is None:
        raise invalid("/package", "There is no such package.", code="unknown_id")
    return package


def _payment(store: Store, goods: Package | Plan, *, actor: Actor) -> Payment:
    bought: dict[str, Any] = {"kind": "plan", "plan": goods}
    if isinstance(goods, Package):
        bought = {"kind": "package", "package": goods, "credits": goods.credits}
    with transaction.atomic():
        price: dict[str, Any] = {"amount_cents": goods.price_cents, "currency": goods.currency}
        payment = Payment.objects.create(store=store, actor=actor.name, **bought, **price)
        subject = f"payment:{payment.pk}"
        record("payment.start", actor=actor, subject=subject, store_id=store.pk, kind=payment.kind, **price)
    return payment


def _lines(goods: Package | Plan) -> dict[str, Any]:
    """What is sold, as Stripe wants it; its price is ours, so nothing need be set up there."""
    price: dict[str, Any] = {
        "currency": goods.currency.lower(),
        "unit_amount": goods.price_cents,
        "product_data": {"name": goods.name},
    }
    if isinstance(goods, Package):
        return {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "invoice_creation": {"enabled": True},
        }
    return {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price_data": price | {"recurring": {"interval": goods.interval}}}],
        "subscription_data": {"metadata": {"plan": goods.code}},
    }
