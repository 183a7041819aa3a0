"""The outboxes become deliveries: moves of campaigns, opt-outs, credits that run low. Nobody is called here.

First opt-ins become welcomes likewise (campaigns.automations).

An event is marked as published in the transaction that writes its deliveries, so it becomes exactly one delivery per
endpoint that wants it. One publisher at a time (an advisory lock): within a campaign the order of the ids is the order
of the moves, since each move holds the campaign's lock, and sequences are given in that order.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from billing.low_credits import newly_low, recovered
from campaigns.automations import welcome
from campaigns.automations.welcome import OptIn
from campaigns.models import CampaignEvent, CampaignProgress
from campaigns.progress import STATUSES
from config.queues import Queue, Task, ring, waiting
from config.sql import alone
from messaging.hooks.events import OF_CAMPAIGN, RECEIVED, campaign_data
from messaging.hooks.outbox_queries import publish_consents
from messaging.hooks.queries import advance_lanes, turns
from messaging.models import InboundMessage, WebhookDelivery, WebhookEndpoint

CHUNK = 500  # events per transaction
CONSENTS = 5000  # an import writes one per row
CHUNKS = 20  # of each kind in one sweep


class News(NamedTuple):
    """Something that happened to a store. `source` names it, once; with `campaign_id` it is told in order."""

    store_id: int
    event: str
    source: str
    data: dict[str, Any]
    happened_at: datetime
    campaign_id: int | None = None


def publish() -> dict[str, int]:
    """Publish what is in the outboxes, a bounded number of chunks of each; then ring if something is due."""
    counts = {
        "campaign_events": _until_empty(_campaign_events, CHUNK),
        "consents": _until_empty(_consents, CONSENTS),
        "credits_low": _until_empty(_low_credits, CHUNK),
        "received": _until_empty(_received, CHUNK),
    }
    return {**counts, "rung": ring_if_due()}


def ring_if_due() -> int:
    """Ring for the deliveries unless a ring is on its way; 1 when it rang."""
    if not turns(1, slots=1, troubled=None):
        return 0
    depth = waiting(Queue.HOOKS)
    return int(depth is not None and depth < 1 and ring(Task.DELIVER_HOOKS))


def _until_empty(step: Callable[[int], int], limit: int) -> int:
    total = 0
    for _ in range(CHUNKS):
        number = step(limit)
        total += number
        if number < limit:
            break
    return total


def _campaign_events(limit: int) -> int:
    """Publish the oldest moves of campaigns. Index: campaignevent_outbox."""
    with transaction.atomic():
        if not alone("webhooks.publish"):
            return 0
        waiting_rows = CampaignEvent.objects.filter(published_at=None).order_by("pk")
        events = list(waiting_rows.select_related("campaign")[:limit])
        told = [event for event in events if event.event in OF_CAMPAIGN]
        hearers = listening(store_ids={event.store_id for event in told}, events=set(OF_CAMPAIGN.values()))
        told = [event for event in told if event.store_id in hearers]
        write_deliveries(_campaign_news(told), hearers)
        CampaignEvent.objects.filter(pk__in=[event.pk for event in events]).update(published_at=timezone.now())
    return len(events)


def _campaign_news(events: Sequence[CampaignEvent]) -> list[News]:
    rows = CampaignProgress.objects.filter(pk__in={event.campaign_id for event in events}).values("pk", *STATUSES)
    counts = {row.pop("pk"): row for row in rows}
    return [
        News(
            store_id=event.store_id,
            event=OF_CAMPAIGN[event.event],
            source=f"campaign_event:{event.pk}",
            data=campaign_data(event, counts=counts.get(event.campaign_id, {})),
            happened_at=event.created_at,
            campaign_id=event.campaign_id,
        )
        for event in events
    ]


def _consents(limit: int) -> int:
    wanted = {"contact.opted_out"}
    with transaction.atomic():
        hearers = listening(store_ids=None, events=wanted)
        number, consents = publish_consents(limit, opt_outs=list(hearers), opt_ins=welcome.stores())
        news = [
            News(
                store_id=row.store_id,
                event="contact.opted_out",
                source=f"consent_event:{row.event_id}",
                data={"contact": row.contact_id, "source": row.source},
                happened_at=row.created_at,
            )
            for row in consents
            if row.after == "opted_out"
        ]
        write_deliveries(news, hearers)
        welcome.greet([OptIn(*row[:-1]) for row in consents if row.after == "opted_in"])
    return number


def _low_credits(limit: int) -> int:
    now = timezone.now()
    with transaction.atomic():
        recovered(limit=limit)
        low = newly_low(limit=limit)
        news = [
            News(
                store_id=row.store_id,
                event="credits.low",
                source=f"credits_low:{int(now.timestamp() * 1000)}",
                data={"available": row.available, "threshold": row.threshold},
                happened_at=now,
            )
            for row in low
        ]
        write_deliveries(news, listening(store_ids={row.store_id for row in low}, events={"credits.low"}))
    return len(low)


def _received(limit: int) -> int:
    """Publish texts that were acted on. Index: inbound_outbox."""
    now = timezone.now()
    with transaction.atomic():
        if not alone("webhooks.publish"):
            return 0
        waiting_rows = InboundMessage.objects.filter(published_at=None, applied_at__isnull=False, store__isnull=False)
        texts = list(waiting_rows.order_by("pk").defer("text")[:limit])
        news = [
            News(
                store_id=text.store_id or 0,
                event=RECEIVED,
                source=f"inbound:{text.pk}",
                data={
                    "inbound": text.pk,
                    "contact": text.contact_id,
                    "meaning": text.meaning,
                    "outcome": text.outcome,
                    "to": text.to,
                },
                happened_at=text.received_at,
            )
            for text in texts
        ]
        write_deliveries(news, listening(store_ids={one.store_id for one in news}, events={RECEIVED}))
        InboundMessage.objects.filter(pk__in=[text.pk for text in texts]).update(published_at=now)
    return len(texts)


def listening(*, store_ids: Collection[int] | None, events: Collection[str]) -> dict[int, list[WebhookEndpoint]]:
    """Active endpoints that want any of the events, by store; of these stores, or (None) of all."""
    rows = WebhookEndpoint.objects.filter(status="active", events__overlap=list(events)).defer("secrets")
    if store_ids is not None:
        rows = rows.filter(store_id__in=store_ids)
    found: dict[int, list[WebhookEndpoint]] = {}
    for endpoint in rows.order_by("pk"):
        found.setdefault(endpoint.store_id, []).append(endpoint)
    return found


def write_deliveries(news: Iterable[News], hearers: dict[int, list[WebhookEndpoint]]) -> int:
    """Write a delivery per piece of news and endpoint that wants it and was there already; how many.

    In the caller's transaction, in the order given. A second delivery of the same source is refused by the database.
    """
    pairs = [
        (one, endpoint)
        for one in news
        for endpoint in hearers.get(one.store_id, [])
        if one.event in endpoint.events and endpoint.created_at <= one.happened_at
    ]
    counted = Counter((endpoint.pk, one.campaign_id) for one, endpoint in pairs if one.campaign_id is not None)
    ends = advance_lanes(counted)
    following = {lane: ends[lane] - number for lane, number in counted.items()}
    rows = []
    for one, endpoint in pairs:
        sequence = None
        if one.campaign_id is not None:
            following[endpoint.pk, one.campaign_id] += 1
            sequence = following[endpoint.pk, one.campaign_id]
        rows.append(_row(one, endpoint, sequence=sequence))
    WebhookDelivery.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def _row(news: News, endpoint: WebhookEndpoint, *, sequence: int | None) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        store_id=news.store_id,
        source=news.source,
        event=news.event,
        campaign_id=news.campaign_id,
        sequence=sequence,
        data=news.data,
        happened_at=news.happened_at,
    )
