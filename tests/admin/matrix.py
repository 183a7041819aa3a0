"""Every operation of the ops console: who may do it, a row to which it applies, and what the form asks for."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Model
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.models import Suppression
from audiences.phones import phone_hash
from audiences.services.keys import issue_key
from audiences.services.switch import set_sending
from billing.models import Plan
from billing.standing import set_billing_hold
from campaigns.models import Campaign, SendBatch
from campaigns.services.moves import pause
from config.audit import SYSTEM
from messaging.models import AccountHealth, InboundMessage, ProviderAccount, Receipt, WebhookDelivery
from messaging.routes.health import move_away
from providers.interface import Refused, Unsure
from tests.campaigns.roads import dead, handed_over
from tests.factories import (
    AutomationFactory,
    CreditAccountFactory,
    ProviderAccountFactory,
    RouteFactory,
    StoreFactory,
    UserFactory,
    WebhookEndpointFactory,
    some_plans,
)
from tests.hooks.steps import told
from tests.inbound.steps import heard, number_of
from tests.steps import launched

ABSENT = Refused("unreachable", "absent", retryable=False)
BUSY = Refused("provider_error", "busy", retryable=True)
LOST = Unsure("timeout")
PHONE = "+306971234567"


class Case(NamedTuple):
    """`roles`: those who may; `row`: makes one; `answers`: what the form asks for beside the reason."""

    roles: frozenset[str]
    row: Callable[[], Model]
    answers: dict[str, Any] = {}


SUPPORT, FINANCE, OPERATOR = "support", "finance", "operator"


def by(*roles: str) -> frozenset[str]:
    return frozenset(roles)


PEOPLE = by(SUPPORT, OPERATOR)


def paused() -> Campaign:
    campaign = launched()
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    return campaign


def letter() -> SendBatch:
    return SendBatch.objects.get(campaign=dead([BUSY]))


def stopped_store() -> Model:
    store = StoreFactory.create()
    set_sending(store_id=store.pk, allowed=False, actor=SYSTEM, reason="x")
    return store


def key() -> Model:
    return issue_key(store=StoreFactory.create(), name="Shop", scopes=("read",), actor=SYSTEM).key


def account() -> Model:
    return CreditAccountFactory.create()


def with_plans() -> Model:
    some_plans()
    assert Plan.objects.exists()
    return account()


def held() -> Model:
    row = CreditAccountFactory.create()
    set_billing_hold(store_id=row.store_id, on=True, actor=SYSTEM, reason="x")
    return row


def blocked() -> Model:
    return Suppression.objects.create(phone_hash=phone_hash(PHONE), reason="staff", source="ops")


def text() -> InboundMessage:
    """Somebody's own words, which may be an opt-out, to a store's number."""
    carrier = ProviderAccountFactory.create()
    number_of(StoreFactory.create(), carrier)
    return heard(carrier, "please take me off your list")


def nobodys() -> InboundMessage:
    return heard(ProviderAccountFactory.create(), "hello", to="99999")


def number() -> Model:
    return number_of(StoreFactory.create(), ProviderAccountFactory.create())


def at_rest() -> AccountHealth:
    return AccountHealth.objects.create(account=ProviderAccountFactory.create())


def away() -> AccountHealth:
    carrier = ProviderAccountFactory.create()
    move_away(carrier, reason="x")
    return AccountHealth.objects.get(pk=carrier.pk)


def delivery() -> WebhookDelivery:
    [pk] = told(WebhookEndpointFactory.create(), 1)
    WebhookDelivery.objects.filter(pk=pk).update(state="sending")
    WebhookDelivery.objects.filter(pk=pk).update(state="dead")
    return WebhookDelivery.objects.get(pk=pk)


def strange() -> Receipt:
    return Receipt.objects.create(account_id=1, dedupe="d", status="delivered", outcome="unmatched", tries=9)


def enrolled() -> TOTPDevice:
    return TOTPDevice.objects.create(user=UserFactory.create(is_staff=True), name="authenticator", confirmed=True)


def stopped_account() -> ProviderAccount:
    return ProviderAccountFactory.create(status="stopped", status_reason="x")


MONEY = {"amount": 5, "key": "k1"}
OPERATIONS: dict[str, Case] = {
    "campaigns.Campaign.pause": Case(PEOPLE, launched),
    "campaigns.Campaign.resume": Case(PEOPLE, paused),
    "campaigns.Campaign.cancel": Case(PEOPLE, launched),
    "campaigns.Campaign.retry": Case(PEOPLE, lambda: handed_over([ABSENT])),
    "campaigns.Campaign.refresh": Case(PEOPLE, launched),
    "campaigns.Campaign.decide_unknown": Case(by(OPERATOR), lambda: handed_over([LOST]), {"verdict": "accepted"}),
    "campaigns.SendBatch.requeue": Case(by(OPERATOR), letter),
    "campaigns.SendBatch.discard": Case(by(OPERATOR), letter),
    "campaigns.Automation.off": Case(PEOPLE, AutomationFactory.create),
    "audiences.Store.stop_sending": Case(PEOPLE, StoreFactory.create),
    "audiences.Store.allow_sending": Case(by(OPERATOR), stopped_store),
    "audiences.ApiKey.revoke": Case(PEOPLE, key),
    "audiences.Suppression.lift": Case(by(SUPPORT), blocked),
    "otp_totp.TOTPDevice.reset": Case(by(), enrolled),
    "billing.CreditAccount.grant": Case(by(FINANCE), account, MONEY),
    "billing.CreditAccount.adjust": Case(by(FINANCE), account, MONEY),
    "billing.CreditAccount.set_plan": Case(by(FINANCE), with_plans, {"plan": "pro", "status": "active"}),
    "billing.CreditAccount.refund_policy": Case(by(FINANCE), account, {"reasons": ["unreachable"]}),
    "billing.CreditAccount.hold": Case(by(FINANCE), account),
    "billing.CreditAccount.lift_hold": Case(by(FINANCE), held),
    "messaging.ProviderAccount.stop": Case(by(OPERATOR), ProviderAccountFactory.create),
    "messaging.ProviderAccount.activate": Case(by(OPERATOR), stopped_account),
    "messaging.Route.stop": Case(by(OPERATOR), RouteFactory.create),
    "messaging.Route.activate": Case(by(OPERATOR), lambda: RouteFactory.create(status="stopped")),
    "messaging.AccountHealth.let_wait": Case(by(OPERATOR), at_rest),
    "messaging.AccountHealth.call_back": Case(by(OPERATOR), away),
    "messaging.Receipt.replay": Case(by(OPERATOR), strange),
    "messaging.InboundMessage.confirm": Case(by(SUPPORT), text),
    "messaging.InboundMessage.lift": Case(by(SUPPORT), text),
    "messaging.InboundMessage.settle": Case(by(SUPPORT), nobodys),
    "messaging.InboundMessage.assign": Case(by(SUPPORT), nobodys, {"store": "its"}),
    "messaging.InboundNumber.remove": Case(by(OPERATOR), number),
    "messaging.WebhookEndpoint.disable": Case(PEOPLE, WebhookEndpointFactory.create),
    "messaging.WebhookEndpoint.enable": Case(PEOPLE, lambda: WebhookEndpointFactory.create(status="disabled")),
    "messaging.WebhookDelivery.redeliver": Case(PEOPLE, delivery),
}
# What moves nothing by itself: there is no before and after.
MOVES_NOTHING = {"campaigns.Campaign.refresh"}
