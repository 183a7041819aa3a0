"""Claim: take a batch for this worker alone, and check once more who of it may be texted, and when."""

import logging
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import Error, transaction
from django.utils import timezone

from audiences.numbers import only_own_words, refused
from audiences.quiet_hours import allowed_from
from campaigns import merge
from campaigns.links.own import writer
from campaigns.models import SendBatch
from campaigns.people import UNASKED
from campaigns.queries.claim import Claimed, Turn, claim_batch, put_off, served, turns, waiting
from campaigns.queries.progress import count_moves
from campaigns.queries.settle import has_unknown, skip
from campaigns.sample import for_strangers
from campaigns.services.defer import defer
from campaigns.services.direct import is_last_word
from campaigns.states import BATCH
from config.failpoints import reach
from messaging.sending.plan import Plan, plan_of

log = logging.getLogger(__name__)

# A batch that cannot even be prepared is looked at again after this.
BROKEN_SECONDS = 60.0
# What the rule of the snapshot may say of somebody who was a recipient then and is none now.
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
    """A claimed batch with the people of it who may be texted now."""

    batch: Claimed
    campaign_name: str
    sender: str
    people: list[Person]


class Contacted(NamedTuple):
    """A contact at this moment: why he must not be texted, from when he may be, and the values of the slots."""

    reason: str | None
    not_before: datetime | None
    values: tuple[str, ...]


GONE = Contacted("suppressed", None, ())


def claim(owner: str) -> Work | None:
    """The next batch in fairness, claimed under a lease. None when nothing is due.

    Who opted out, was suppressed or had enough messages since the snapshot is skipped with the reason; who is in quiet
    hours is put into a batch of its own for later. A batch nobody is left of is done (then `people` is empty). One
    transaction.
    """
    for turn in turns(limit=8):
        try:
            with transaction.atomic(durable=True):
                work = _claim_for(turn, owner)
                reach("claim.before_commit")
        except Error:
            raise
        except Exception:  # a bug that one campaign brings out must not stand first in line before all others
            log.exception("claim_failed", extra={"campaign_id": turn.campaign_id})
            put_off(campaign_id=turn.campaign_id, seconds=BROKEN_SECONDS)
            continue
        if work is not None:
            reach("claim.committed")
            return work
    return None


def _claim_for(turn: Turn, owner: str) -> Work | None:
    batch = claim_batch(campaign_id=turn.campaign_id, owner=owner, lease_seconds=settings.SEND_LEASE_SECONDS)
    if batch is None:
        return None
    plan = plan_of(batch.campaign_id, batch.version)
    campaign = plan.campaign
    people = _allowed(batch, plan)
    if not people:
        event = "leave_unknown" if has_unknown(batch.batch_id) else "empty"
        BATCH.move(SendBatch.objects.filter(pk=batch.batch_id), event)
    served(store_id=turn.store_id, priority=turn.priority)
    return Work(batch, campaign.name, campaign.sender, people)


def _allowed(batch: Claimed, plan: Plan) -> list[Person]:
    """The batch's pending recipients who may be texted now; the others are skipped or deferred here."""
    campaign, content = plan.campaign, plan.content
    rows = waiting(batch.batch_id)
    contacts = _contacts(batch, plan)
    unknown = [phone for _, contact, phone, _ in rows if phone and not contact]
    strangers = refused(unknown, store_id=campaign.store_id, kind=campaign.kind)
    values = for_strangers(campaign, content)
    own = writer(content.owns, store_id=campaign.store_id)
    last_word = is_last_word(campaign, now=timezone.now())
    people: list[Person] = []
    skips: dict[int, str] = {}
    later: dict[int, datetime] = {}
    for recipient_id, contact_id, phone, parts in rows:
        contact = contacts.get(contact_id, GONE) if contact_id else Contacted(strangers.get(phone or ""), None, values)
        if contact.reason and phone and last_word and only_own_words(phone, store_id=campaign.store_id):
            contact = contact._replace(reason=None)
        if contact.reason or not phone:
            skips[recipient_id] = contact.reason or "suppressed"
        elif contact.not_before:
            later[recipient_id] = contact.not_before
        else:
            text = content.render(contact.values, own(recipient_id, contact_id))
            people.append(Person(recipient_id, phone, text, parts))
    if skips:
        moves = skip(ids=list(skips), reasons=list(skips.values()))
        count_moves(campaign_id=campaign.pk, moves=moves)
    if later:
        defer(batch_id=batch.batch_id, later=later)
    return people


def _contacts(batch: Claimed, plan: Plan) -> dict[int, Contacted]:
    """contact id of the recipients -> how he stands now, by the rule of the snapshot and the clock where he is."""
    now = timezone.now()
    campaign, content = plan.campaign, plan.content

    @cache
    def not_before(country: str, time_zone: str) -> datetime | None:
        if campaign.kind not in UNASKED:
            return None
        return allowed_from(campaign.store, country=country, time_zone=time_zone, now=now)

    @cache
    def filled(*merged: str) -> tuple[bool, tuple[str, ...]]:
        fields = merge.by_field(content, merged)
        return campaign.on_missing == "skip" and content.lacks(fields), content.values(fields)

    found: dict[int, Contacted] = {}
    for contact_id, exclusion, country, time_zone, *merged in plan.contacts.rows(batch.batch_id):
        lacks, values = filled(*merged)
        reason = SKIPPED_AS[exclusion] if exclusion else "missing_field" if lacks else None
        found[contact_id] = Contacted(reason, not_before(country, time_zone), values)
    return found
