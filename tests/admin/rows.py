"""Three rows and more of every table that the ops console shows."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from audiences.models import (
    ConsentEvent,
    ContactImport,
    CustomerEvent,
    FrozenAudience,
    ImportProblem,
    JoinPage,
    OptInRequest,
    PageVisits,
    Store,
    Suppression,
)
from audiences.services.keys import issue_key
from billing.models import Invoice, Package, Payment, Plan, Price, StripeEvent
from billing.subscriptions import set_plan
from campaigns.models import AutomationFire, AutomationRun, Campaign, CampaignLink, ReasonCount
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.heartbeats import Process, beat
from config.models import IdempotencyRecord, SweepRun
from messaging.hooks import publish
from messaging.models import (
    AccountHealth,
    Alert,
    AlertNotice,
    Click,
    InboundAnswer,
    InboundMessage,
    InboundNumber,
    InboundSettings,
    LogWatermark,
    MessageLog,
    ProviderAccount,
    Receipt,
    RouteEvent,
    WebhookAttempt,
    WebhookDelivery,
)
from tests.factories import (
    AutomationFactory,
    CampaignFactory,
    ContactListFactory,
    MemberFactory,
    ProviderAccountFactory,
    RouteFactory,
    SegmentFactory,
    StoreTemplateFactory,
    WebhookEndpointFactory,
    some_plans,
)

THREE = range(3)


def fill() -> None:
    """Three stores with a campaign on its way, and what belongs to them."""
    some_plans()
    for number in THREE:
        _store(number)
        _house(number)
    publish.publish()
    for delivery in WebhookDelivery.objects.all():
        WebhookAttempt.objects.create(delivery=delivery, fence=1, status=200, milliseconds=12)


def _store(number: int) -> None:
    campaign = CampaignFactory.create(people=3, name=f"Spring {number}")
    WebhookEndpointFactory.create(store=campaign.store)
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    store = campaign.store
    contact = store.contacts.earliest("pk")
    MemberFactory.create(store=store)
    issue_key(store=store, name="Shop", scopes=("read",), actor=SYSTEM)
    ContactListFactory.create(store=store, contacts=[contact])
    changed = {"before": "unknown", "after": "opted_in", "source": "api", "actor": "system"}
    ConsentEvent.objects.create(store=store, contact=contact, **changed)
    Suppression.objects.create(store=store, phone_hash=bytes([number] * 16), reason="opt_out", source="stop")
    told: dict[str, Any] = {"file": "a.csv", "file_name": "a.csv", "actor": "system", "file_bytes": 9}
    imported = ContactImport.objects.create(store=store, **told)
    ImportProblem.objects.create(contact_import=imported, row=1, code="bad_phone")
    FrozenAudience.objects.create(store=store, size=3)
    JoinPage.objects.create(store=store, is_open=True)
    waits = {"phone_hash": bytes([number] * 16), "expires_at": timezone.now(), "source": "join", "language": "en"}
    OptInRequest.objects.create(store=store, contact=contact, **waits)
    PageVisits.objects.create(store=store, day=timezone.now().date(), page="join", visits=number)
    StoreTemplateFactory.create(store=store)
    SegmentFactory.create(store=store)
    automation = AutomationFactory.create(store=store)
    run = AutomationRun.objects.create(automation=automation, key="2026-07-01", outcome="nobody", due_at=timezone.now())
    AutomationFire.objects.create(automation=automation, contact=contact, key="2026", run=run, due_at=run.due_at)
    CustomerEvent.objects.create(
        store=store, contact=contact, event_id="order-1", name="purchase", occurred_at=timezone.now()
    )
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    _bought(store, number)
    ReasonCount.objects.create(campaign=campaign, status="failed", reason="other", count=1)
    account = ProviderAccountFactory.create(store=store)
    RouteFactory.create(account=account, store=store)
    AccountHealth.objects.create(account=account)
    RouteEvent.objects.create(account=account, move="away", reason="3 calls failed", actor="system")
    _sent(campaign, number)


def _sent(campaign: Campaign, number: int) -> None:
    """What went out for the campaign, and what came back."""
    store = campaign.store
    recipient = campaign.recipients.earliest("pk")
    ids = {"store_id": store.pk, "campaign_id": campaign.pk, "recipient_id": recipient.pk}
    MessageLog.objects.create(
        **ids, kind="attempt", outcome="accepted", text="Hello Ada", provider_message_id=f"m{number}"
    )
    CampaignLink.objects.create(campaign=campaign, number=1, url="https://shop.example/spring")
    Click.objects.create(**ids, number=1, human=True)
    text = InboundMessage.objects.create(
        account_id=1, dedupe=f"t{number}", store=store, phone="+306971234567", review="open"
    )
    InboundAnswer.objects.create(message=text, store=store, phone_hash=bytes([number] * 16), kind="stop")
    InboundNumber.objects.create(account=ProviderAccount.objects.latest("pk"), number=f"3069{number}", store=store)
    InboundSettings.objects.create(store=store)
    Receipt.objects.create(account_id=1, dedupe=f"d{number}", status="delivered")


def _bought(store: Store, number: int) -> None:
    now = timezone.now()
    package = Package.objects.create(name="Credits", credits=1000, price_cents=4500)
    price: dict[str, Any] = {"amount_cents": 4500, "currency": "EUR"}
    Payment.objects.create(store=store, kind="package", package=package, credits=1000, actor="system", **price)
    Invoice.objects.create(store=store, stripe_id=f"in_{number}", status="paid", issued_at=now, **price)
    StripeEvent.objects.create(event_id=f"evt_{number}", kind="invoice.paid", happened_at=now)


def _house(number: int) -> None:
    now = timezone.now()
    beat(Process(name=f"send{number}@host", kind="worker", queues=("send",)))
    SweepRun.objects.create(name=f"sweep {number}", started_at=now, finished_at=now)
    alert = Alert.objects.create(
        name="no_worker", subject=f"queue:{number}", detail="None.", opened_at=now, seen_at=now
    )
    AlertNotice.objects.create(alert=alert, channel="mail", event="opened")
    IdempotencyRecord.objects.create(store_id=1, key=f"k{number}", fingerprint="f")
    LogWatermark.objects.create(name=f"reader {number}", done=number)
    Plan.objects.create(code=f"plan-{number}", name="Plan", price_cents=100, interval="month", allowance=1)
    Price.objects.create(country="", credits_per_part=2, valid_from=now + timedelta(days=1 + number))
    Group.objects.create(name=f"Support {number}")
    interval = IntervalSchedule.objects.get_or_create(every=5, period="seconds")[0]
    PeriodicTask.objects.create(name=f"task {number}", task="messaging.tidy", interval=interval)


def some(model: type[Model]) -> Model:
    """A row of a table that `fill` filled."""
    return model._default_manager.latest("pk")
