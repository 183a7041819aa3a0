"""A row of each kind that an address may name, in the store of your choice."""

from collections.abc import Callable

from django.utils import timezone

from audiences.imports import start_import
from audiences.models import ApiKey, Store, Suppression
from audiences.phones import phone_hash
from audiences.services.consent import suppress
from campaigns.models import CampaignRecipient, SendBatch
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.opaque import private_id, public_id
from messaging.models import InboundMessage
from tests.api.clients import with_key
from tests.factories import (
    AutomationFactory,
    CampaignFactory,
    ContactFactory,
    ContactListFactory,
    MemberFactory,
    SegmentFactory,
    StoreTemplateFactory,
    WebhookEndpointFactory,
)
from tests.hooks.steps import told


def row_of(store: Store, kind: str) -> str:
    """The public id of a new row of this kind in the store."""
    return public_id(ROWS[kind](store), kind=kind)


def address_of(path: str, name: str) -> str:
    """The path to a row; what is inside of it, a recipient of a campaign, is its first one."""
    whole = path.replace("{}", name, 1)
    return whole.replace("{}", public_id(_first_recipient(name), kind="rcp")) if "{}" in whole else whole


def _first_recipient(name: str) -> int:
    rows = CampaignRecipient.objects.filter(campaign_id=private_id(name, kind="cmp") or 0)
    return rows.order_by("pk").values_list("pk", flat=True).first() or 1


def _campaign(store: Store) -> int:
    campaign = CampaignFactory.create(store=store, people=1)
    launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    return int(campaign.pk)


def _key(store: Store) -> int:
    with_key(store)
    return int(ApiKey.objects.filter(store=store).latest("pk").pk)


def _suppression(store: Store) -> int:
    phone = ContactFactory.create(store=store).phone or ""
    suppress(store_id=store.pk, phone=phone, reason="opt_out", source="test", actor=SYSTEM)
    return int(Suppression.objects.filter(store=store).latest("pk").pk)


def _import(store: Store) -> int:
    upload = [b"phone\n6901234567\n"]
    return int(start_import(store=store, upload=upload, file_name="people.csv", actor=SYSTEM, ring=False).pk)


def _delivery(store: Store) -> int:
    return told(WebhookEndpointFactory.create(store=store), 1)[0]


def _text(store: Store) -> int:
    """A text that waits for a decision."""
    phone = ContactFactory.create(store=store).phone or ""
    row = {"store": store, "phone": phone, "phone_hash": phone_hash(phone), "text": "take me off", "review": "open"}
    read = {"meaning": "likely_stop", "outcome": "suppressed", "applied_at": timezone.now()}
    return int(InboundMessage.objects.create(account_id=1, dedupe=f"text:{phone}", **row, **read).pk)


ROWS: dict[str, Callable[[Store], int]] = {
    "con": lambda store: int(ContactFactory.create(store=store).pk),
    "lst": lambda store: int(ContactListFactory.create(store=store).pk),
    "seg": lambda store: int(SegmentFactory.create(store=store).pk),
    "imp": _import,
    "key": _key,
    "mem": lambda store: int(MemberFactory.create(store=store, role="viewer").pk),
    "sup": _suppression,
    "cmp": _campaign,
    "whk": lambda store: int(WebhookEndpointFactory.create(store=store).pk),
    "dlv": _delivery,
    "inb": _text,
    "aut": lambda store: int(AutomationFactory.create(store=store, active=False).pk),
    "tpl": lambda store: int(StoreTemplateFactory.create(store=store).pk),
    "bat": lambda store: int(SendBatch.objects.get(campaign_id=_campaign(store)).pk),
}
