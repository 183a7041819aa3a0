"""What is kept no longer: people who left, phones and texts of old messages, quotations. Bounded, and safe to overlap.

Each period is in days, 0: keep for ever. Rows stay for books and traces; what says who it was goes.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from audiences.models import Contact, ImportProblem, Store
from audiences.services.contacts import delete_contact
from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import CAMPAIGN_ENDED, RECIPIENT_OPEN
from config.audit import SYSTEM, Actor, record
from messaging.erasing import forget_direct, forget_messages
from messaging.models import InboundAnswer, InboundMessage, Receipt

LIMIT = 5000  # rows of a kind in a run
PEOPLE = 50  # each is searched for in quotations
Rows = QuerySet[Any]


class Kind(NamedTuple):
    """What ages: the setting with its days, the rows that are due, how some of them are cleared, how many at once."""

    setting: str
    due: Callable[[datetime], Rows]
    clear: Callable[[Rows], int]
    limit: int = LIMIT


def people(old: datetime) -> Rows:
    """Who opted out, and of whom nothing happened since; never whom a message still waits for. Index: contact_left."""
    waits = CampaignRecipient.objects.filter(contact_id=OuterRef("pk"), status__in=RECIPIENT_OPEN)
    recent = CampaignRecipient.objects.filter(contact_id=OuterRef("pk"), sent_at__gte=old)
    rows = Contact.objects.filter(consent="opted_out", erased_at=None, updated_at__lt=old)
    return rows.filter(~Exists(waits), ~Exists(recent)).order_by("updated_at", "pk")


def messages(old: datetime) -> Rows:
    """Recipients with a final word, of campaigns that ended. Indexes: campaign_kept, recipient_phone_once."""
    ended = _kept(old)
    rows = CampaignRecipient.objects.filter(campaign__in=ended, phone__isnull=False)
    return rows.exclude(status__in=RECIPIENT_OPEN).order_by("pk")


def _kept(old: datetime) -> Rows:
    return Campaign.objects.filter(status__in=CAMPAIGN_ENDED, finished_at__lt=old, forgotten_at=None)


def texts(old: datetime) -> Rows:
    """Texts from people that were acted on and wait for nobody's decision. Index: inbound_kept."""
    rows = InboundMessage.objects.filter(received_at__lt=old, erased_at=None, applied_at__isnull=False)
    return rows.exclude(review="open").order_by("received_at", "pk")


def calls(old: datetime) -> Rows:
    """Calls of providers that nobody could read. Index: receipt_unreadable."""
    return Receipt.objects.filter(received_at__lt=old).exclude(raw="").order_by("received_at", "pk")


def excerpts(old: datetime) -> Rows:
    """Rows that imports refused. Index: importproblem_quoted."""
    rows = ImportProblem.objects.filter(contact_import__finished_at__lt=old)
    return rows.exclude(value="").order_by("pk")


def _clear_people(rows: Rows) -> int:
    found = list(rows.values_list("pk", "store_id"))
    for contact_id, store_id in found:
        delete_contact(store=Store.objects.get(pk=store_id), contact_id=contact_id, actor=SYSTEM)
    return len(found)


def _clear_messages(rows: Rows) -> int:
    found = list(rows.values_list("pk", "campaign_id"))
    cleared = forget_messages([pk for pk, _ in found])
    forget_direct({campaign_id for _, campaign_id in found})
    return cleared


def _clear_texts(rows: Rows) -> int:
    InboundAnswer.objects.filter(message__in=rows).exclude(state="owed").update(phone_hash=b"")
    return rows.update(phone=None, phone_hash=None, text="", erased_at=timezone.now())


KINDS = {
    "messages": Kind("RETENTION_MESSAGE_DAYS", messages, _clear_messages),
    "texts": Kind("RETENTION_RAW_DAYS", texts, _clear_texts),
    "calls": Kind("RETENTION_RAW_DAYS", calls, lambda rows: rows.update(raw="")),
    "excerpts": Kind("RETENTION_RAW_DAYS", excerpts, lambda rows: rows.update(value="")),
    "people": Kind("RETENTION_CONTACT_DAYS", people, _clear_people, PEOPLE),
}


def due() -> dict[str, int]:
    """How many rows of each kind are due now; nothing is changed."""
    return {name: _due(kind).count() for name, kind in KINDS.items()}


def retain(*, actor: Actor = SYSTEM) -> dict[str, int]:
    """Clear what is due, a bounded number of each kind; what others hold is left for the next run. It is audited."""
    counts = {name: _clear(kind) for name, kind in KINDS.items()}
    _mark_forgotten()
    if any(counts.values()):
        facts: dict[str, Any] = dict(counts)
        record("retention.run", actor=actor, subject="retention:all", **facts)
    return counts


def _mark_forgotten() -> None:
    """Let the next runs pass campaigns that have nothing left to clear."""
    if not settings.RETENTION_MESSAGE_DAYS:
        return
    now = timezone.now()
    left = CampaignRecipient.objects.filter(campaign_id=OuterRef("pk"), phone__isnull=False)
    rows = _kept(now - timedelta(days=settings.RETENTION_MESSAGE_DAYS)).filter(~Exists(left))
    keys = list(rows.order_by("finished_at", "pk").values_list("pk", flat=True)[:LIMIT])
    Campaign.objects.filter(pk__in=keys).update(forgotten_at=now)


def _due(kind: Kind) -> Rows:
    days = getattr(settings, kind.setting)
    rows = kind.due(timezone.now() - timedelta(days=days))
    return rows if days else rows.none()


def _clear(kind: Kind) -> int:
    with transaction.atomic():
        held = _due(kind).select_for_update(skip_locked=True, of=("self",))
        keys = list(held.values_list("pk", flat=True)[: kind.limit])
        return kind.clear(held.model._default_manager.filter(pk__in=keys)) if keys else 0
