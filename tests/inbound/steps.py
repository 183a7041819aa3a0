"""Texts from people, step by step, for tests."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from audiences.models import Contact, Store, Suppression
from audiences.phones import phone_hash
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from messaging.inbound.apply import apply_next
from messaging.inbound.inbox import store as take_in
from messaging.models import InboundMessage, InboundNumber, ProviderAccount
from providers.interface import Inbound
from tests.factories import CampaignFactory

NUMBER = "306900000000"
PHONE = "+306971112233"
_ids = count(1)


def texted(
    account: ProviderAccount,
    text: str,
    *,
    phone: str = PHONE,
    to: str = NUMBER,
    at: datetime | None = None,
    name: str = "",
) -> InboundMessage:
    """A text of a person in the inbox; nobody has looked at it."""
    dedupe = name or f"in-{next(_ids)}"
    take_in(account, [Inbound(dedupe, dedupe, phone, to, text, at)])
    return InboundMessage.objects.get(account_id=account.pk, dedupe=dedupe)


def heard(account: ProviderAccount, text: str, **said: Any) -> InboundMessage:
    """A text of a person that was acted on, with everything that was in the inbox before it."""
    message = texted(account, text, **said)
    while apply_next():
        pass
    message.refresh_from_db()
    return message


def number_of(store: Store | None, account: ProviderAccount, *, number: str = NUMBER, word: str = "") -> InboundNumber:
    """A number of ours; without a store it is shared."""
    return InboundNumber.objects.create(account=account, number=number, store=store, word=word)


def reasons(store: Store, phone: str = PHONE) -> set[str]:
    """Why the store must not text a phone."""
    rows = Suppression.objects.filter(store=store, phone_hash=phone_hash(phone))
    return set(rows.values_list("reason", flat=True))


def consent(contact: Contact) -> str:
    """The contact's consent as it is now."""
    contact.refresh_from_db()
    return contact.consent


def was_texted(
    store: Store, account: ProviderAccount, *, phone: str = PHONE, days_ago: float = 0, contact: Contact | None = None
) -> None:
    """The store texted the phone over the account, a while ago."""
    at = timezone.now() - timedelta(days=days_ago)
    campaign = CampaignFactory.create(store=store)
    batch = SendBatch.objects.create(
        store=store,
        campaign=campaign,
        reservation_id=1,
        size=1,
        parts=1,
        state="done",
        account_id=account.pk,
        called_at=at,
    )
    CampaignRecipient.objects.create(
        store_id=store.pk,
        campaign=campaign,
        batch=batch,
        contact=contact,
        phone=phone,
        status="delivered",
        parts=1,
        credits=1,
        sent_at=at,
    )


def answers(store: Store) -> list[Campaign]:
    """The messages that answers became, oldest first."""
    return list(Campaign.objects.filter(store=store, name="Answer to a text").order_by("pk"))
