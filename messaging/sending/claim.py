"""Claim: take a batch for this worker alone, and check once more who of it may be texted."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from audiences import audience
from audiences.models import Contact
from campaigns import merge
from campaigns.content import Content, parse
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.queries.claim import Claimed, Turn, claim_batch, served, turns
from campaigns.queries.progress import count_moves
from campaigns.queries.settle import skip
from campaigns.states import BATCH

# What `audience.people` may say of somebody who was a recipient at snapshot and is none now.
SKIPPED_AS = {
    "opted_out": "opted_out",
    "not_opted_in": "opted_out",
    "suppressed": "suppressed",
    "invalid": "suppressed",
    "frequency_cap": "frequency_cap",
}


class Person(NamedTuple):
    """A recipient as he goes out: the text is rendered from the contact as he is now, parts are the frozen ones."""

    recipient_id: int
    phone: str
    text: str
    parts: int


class Work(NamedTuple):
    """A claimed batch with the people of it who may be texted."""

    batch: Claimed
    campaign_name: str
    sender: str
    people: list[Person]


def claim(owner: str) -> Work | None:
    """The next batch in fairness, claimed under a lease. None when nothing is due.

    Who opted out or was suppressed since the snapshot is skipped with the reason; a batch nobody is left of is done
    (then `people` is empty). One transaction.
    """
    for turn in turns(limit=8):
        with transaction.atomic(durable=True):
            work = _claim_for(turn, owner)
        if work is not None:
            return work
    return None


def _claim_for(turn: Turn, owner: str) -> Work | None:
    batch = claim_batch(campaign_id=turn.campaign_id, owner=owner, lease_seconds=settings.SEND_LEASE_SECONDS)
    if batch is None:
        return None
    campaign = Campaign.objects.get(pk=batch.campaign_id)
    people, skips = _checked(batch, campaign)
    if skips:
        moves = skip(ids=[number for number, _ in skips], reasons=[reason for _, reason in skips])
        count_moves(campaign_id=campaign.pk, moves=moves)
    if not people:
        BATCH.move(SendBatch.objects.filter(pk=batch.batch_id), "empty")
    served(store_id=turn.store_id, priority=turn.priority)
    return Work(batch, campaign.name, campaign.sender, people)


def _checked(batch: Claimed, campaign: Campaign) -> tuple[list[Person], list[tuple[int, str]]]:
    """The batch's pending recipients: who goes out, and who is skipped with which reason."""
    pending = CampaignRecipient.objects.filter(batch_id=batch.batch_id, status="pending").order_by("pk")
    rows = list(pending.values_list("pk", "contact_id", "phone", "parts"))
    content = parse(campaign.message)
    contacts = _contacts([row[1] for row in rows if row[1]], campaign, content)
    people: list[Person] = []
    skips: list[tuple[int, str]] = []
    for recipient_id, contact_id, phone, parts in rows:
        reason, values = contacts.get(contact_id, ("suppressed", ())) if contact_id else (None, ())
        if reason or not phone:
            skips.append((recipient_id, reason or "suppressed"))
        else:
            people.append(Person(recipient_id, phone, content.render(values), parts))
    return people, skips


def _contacts(
    contact_ids: Sequence[int], campaign: Campaign, content: Content
) -> dict[int, tuple[str | None, tuple[str, ...]]]:
    """contact id -> (why he must not be texted, the values of the message's slots), by the rule of the snapshot."""
    rows = audience.judged(Contact.objects.filter(pk__in=contact_ids), store_id=campaign.store_id, kind=campaign.kind)
    columns = ("pk", "exclusion", *merge.names(content))
    found: dict[int, tuple[str | None, tuple[str, ...]]] = {}
    row: tuple[Any, ...]
    for row in merge.with_fields(rows, content).values_list(*columns):
        contact_id, exclusion, *merged = row
        fields = merge.by_field(content, tuple(merged))
        reason = SKIPPED_AS[exclusion] if exclusion else None
        if reason is None and campaign.on_missing == "skip" and content.lacks(fields):
            reason = "missing_field"
        found[contact_id] = (reason, content.values(fields))
    return found
