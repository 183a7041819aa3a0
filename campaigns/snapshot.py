"""The snapshot: an audience becomes recipients and batches, chunk by chunk, each chunk one transaction.

Killed anywhere it goes on at its cursor; it never holds more than the quote did; each chunk can be sent at once.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences import audience
from audiences.window import Window
from billing.prices import PriceTable
from campaigns import merge
from campaigns.clock import releases
from campaigns.content import Content
from campaigns.drafts import Draft, prices_of
from campaigns.hold import release_rest
from campaigns.models import Campaign, CampaignRecipient, CampaignSnapshot, SendBatch
from campaigns.people import people
from campaigns.queries.snapshot import add_pending, by_key, copy_recipients
from campaigns.routing import pace, routed_countries
from campaigns.services.moves import pause
from config.audit import SYSTEM
from config.failpoints import reach
from config.queues import Task, enqueue, ring

log = logging.getLogger(__name__)

# How long one task goes on before it makes room for others and rings again.
SLICE_SECONDS = 20.0
# A batch is at most so much of what the slowest account takes, for who comes behind it waits for all of it.
BATCH_SECONDS = 2


class Planned(NamedTuple):
    """A recipient to be written: parts and credits are frozen here.

    `not_before`: by his own clock; None: at once. `country`: of the phone, where the store's routes differ by it.
    """

    contact_id: int | None
    phone: str
    parts: int
    credits: int
    not_before: datetime | None = None
    country: str = ""


class OverHold(Exception):
    """The audience grew beyond what was held: nothing of the chunk is written."""


def prepare(campaign_id: int) -> dict[str, int]:
    """Write down all recipients that are still missing. Harmless when repeated or run twice at once.

    Returns {recipients, batches} of this run. Ends early when somebody else is at it, or the campaign is not sending.
    """
    done = {"recipients": 0, "batches": 0}
    ends = time.monotonic() + SLICE_SECONDS
    while True:
        try:
            written = _chunk_or_careful(campaign_id)
        except OverHold:
            campaign = Campaign.objects.get(pk=campaign_id)
            pause(store_id=campaign.store_id, campaign_id=campaign_id, actor=SYSTEM, reason="audience exceeds the hold")
            return done
        if written is None:
            release_rest(campaign_id)
            return done
        done = {name: done[name] + written[name] for name in done}
        if time.monotonic() >= ends:
            ring(Task.SNAPSHOT, campaign_id)  # others wait for this worker, too
            return done


def _chunk_or_careful(campaign_id: int) -> dict[str, int] | None:
    """One chunk; looked through for phones that are in the campaign already only when the database says so.

    A contact who was written down gave his number up, and a later one has it now: the number is texted once.
    """
    try:
        return _chunk(campaign_id)
    except IntegrityError:
        log.warning("phone_twice_in_campaign", extra={"campaign_id": campaign_id})
        return _chunk(campaign_id, careful=True)


def _chunk(campaign_id: int, *, careful: bool = False) -> dict[str, int] | None:
    """One chunk: recipients, batches, counters and cursor together. None when there is nothing (more) to do here."""
    with transaction.atomic():
        # FOR SHARE: a cancel or pause waits for the chunk, and the chunk sees it; marks go on meanwhile.
        campaign = _sending(campaign_id)
        snapshot = (
            CampaignSnapshot.objects.select_for_update(skip_locked=True).filter(pk=campaign_id, done_at=None).first()
        )
        if campaign is None or snapshot is None:
            return None
        now = timezone.now()
        content, prices = Draft.of(campaign).content(), prices_of(campaign, now=now)
        rows = _contacts(campaign, content, snapshot)
        planned = _plan(rows, campaign, content=content, prices=prices)
        if careful:
            planned = _new_phones(campaign_id, planned)
        credits = sum(person.credits for person in planned)
        hold = campaign.reservation
        if hold is None or snapshot.credits + credits > hold.amount:
            raise OverHold
        batches = write(campaign, planned, reservation_id=hold.pk)
        last = len(rows) < settings.SNAPSHOT_CHUNK
        CampaignSnapshot.objects.filter(pk=campaign_id).update(
            cursor=rows[-1][0] if rows else snapshot.cursor,
            recipients=snapshot.recipients + len(planned),
            credits=snapshot.credits + credits,
            touched_at=now,
            done_at=now if last else None,
        )
        enqueue(Task.SEND_NEXT, copies=min(batches, 4))
        reach("snapshot.before_commit")
    reach("snapshot.committed")
    return {"recipients": len(planned), "batches": batches}


def _sending(campaign_id: int) -> Campaign | None:
    rows = Campaign.objects.raw(
        "SELECT * FROM campaigns_campaign WHERE id = %s AND status = 'sending' FOR SHARE", [campaign_id]
    )
    return next(iter(rows), None)


def _contacts(campaign: Campaign, content: Content, snapshot: CampaignSnapshot) -> list[tuple[Any, ...]]:
    """The next chunk of included contacts: (id, phone, country, time zone, merged values …) by id.

    Fewer than a chunk are the last ones. A segment is walked in stretches, each twice as long as the one before.
    """
    meant, rows, after = _quoted(campaign), list[tuple[Any, ...]](), snapshot.cursor
    size = 2 * settings.SNAPSHOT_CHUNK
    while True:
        end = audience.stretch(store_id=campaign.store_id, audience=meant, after=after, size=size)
        bound = snapshot.bound if end is None else min(end, snapshot.bound)
        rows += _included(campaign, content, meant, Window(after, bound), most=settings.SNAPSHOT_CHUNK - len(rows))
        if bound == snapshot.bound or len(rows) == settings.SNAPSHOT_CHUNK:
            return rows
        after, size = bound, 2 * size


def _included(
    campaign: Campaign, content: Content, meant: dict[str, Any], window: Window, *, most: int
) -> list[tuple[Any, ...]]:
    members = people(
        store=campaign.store, audience_stored=meant, kind=campaign.kind, bound=window.bound, after=window.after
    )
    columns = ("pk", "phone", "country", "time_zone", *merge.names(content))
    rows = merge.with_fields(members.filter(exclusion=None), content).order_by("pk").values_list(*columns)
    with by_key():
        return list(rows[:most])


def _quoted(campaign: Campaign) -> dict[str, Any]:
    """Whom the quote counted: segments with the rules and the day of that moment, whatever was edited since."""
    return (campaign.quote and campaign.quote.audience_pinned) or campaign.effective_audience


def _plan(
    rows: Sequence[tuple[Any, ...]], campaign: Campaign, *, content: Content, prices: PriceTable
) -> list[Planned]:
    planned, not_before, routed = [], releases(campaign), routed_countries(campaign.store_id)
    parts_of, price = _sizes(campaign, content), cache(prices.credits_per_part)
    for contact_id, phone, country, time_zone, *merged in rows:
        parts = parts_of(*merged)
        if parts is not None:
            apart = country if country in routed else ""
            planned.append(
                Planned(contact_id, phone, parts, parts * price(country), not_before(country, time_zone), apart)
            )
    return planned


def _sizes(campaign: Campaign, content: Content) -> Callable[..., int | None]:
    """Parts by the merged values, None for who is left out because one is missing; remembered, for names come again."""

    @cache
    def parts_of(*merged: str) -> int | None:
        fields = merge.by_field(content, merged)
        if campaign.on_missing == "skip" and content.lacks(fields):
            return None
        return content.parts(content.values(fields))

    return parts_of


def _batch_size(campaign: Campaign) -> int:
    """Recipients per batch: small campaigns are cut small so that several workers start at once, and so are those of
    slow accounts, so that nobody waits long behind one call.
    """
    most, quote = settings.SMS_BATCH_SIZE, campaign.quote
    if rate := pace(campaign.store_id):
        each = quote.parts / quote.recipients if quote and quote.recipients else 1
        most = min(most, int(rate * BATCH_SECONDS / each))
    recipients: int = quote.recipients if quote else most
    return int(max(20, min(most, -(-recipients // 16))))


def _new_phones(campaign_id: int, planned: Sequence[Planned]) -> list[Planned]:
    phones = [person.phone for person in planned]
    there = CampaignRecipient.objects.filter(campaign_id=campaign_id, phone__in=phones)
    known = set(there.values_list("phone", flat=True))
    return [person for person in planned if person.phone not in known]


def write(campaign: Campaign, planned: Sequence[Planned], *, reservation_id: int) -> int:
    """Insert the batches, then their recipients by COPY, then the counter. Returns the number of batches."""
    cuts = _cuts(planned, size=_batch_size(campaign))
    batches = SendBatch.objects.bulk_create(
        SendBatch(
            store_id=campaign.store_id,
            campaign_id=campaign.pk,
            reservation_id=reservation_id,
            run=campaign.run,
            size=len(cut),
            parts=sum(person.parts for person in cut),
            country=cut[0].country,
            **({"ready_at": cut[0].not_before} if cut[0].not_before else {}),
        )
        for cut in cuts
    )
    copy_recipients(
        store_id=campaign.store_id,
        campaign_id=campaign.pk,
        batches=((batch.pk, (person[:4] for person in cut)) for batch, cut in zip(batches, cuts, strict=True)),
    )
    add_pending(campaign_id=campaign.pk, recipients=len(planned))
    return len(batches)


def _cuts(planned: Sequence[Planned], *, size: int) -> list[list[Planned]]:
    """Batches of at most `size`, each of people who may be texted from the same moment on, over the same routes."""
    alike: defaultdict[tuple[datetime | None, str], list[Planned]] = defaultdict(list)
    for person in planned:
        alike[person.not_before, person.country].append(person)
    return [people[at : at + size] for people in alike.values() for at in range(0, len(people), size)]


def unfinished(*, older_than_seconds: int, limit: int) -> list[int]:
    """Campaigns whose snapshot nobody has gone on with for a while: a ring was lost or its worker died."""
    before = timezone.now() - timedelta(seconds=older_than_seconds)
    rows = CampaignSnapshot.objects.filter(done_at=None, touched_at__lt=before, campaign__status="sending")
    return list(rows.order_by("touched_at").values_list("pk", flat=True)[:limit])
