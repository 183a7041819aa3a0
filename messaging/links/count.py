"""Clicks become counters, and webhooks: every few seconds, one sweep at a time, each click once.

A redirect that counted would wait for the others' on the same row. So a click is an insert, and here its counters, its
recipient's first click and the deliveries that tell of it are one transaction.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db import transaction

from campaigns.models import CampaignLink
from campaigns.queries.clicks import FirstClick, OnCampaign, OnLink, count_on_campaigns, count_on_links, first_clicks
from config.sql import alone
from messaging.hooks.events import moment
from messaging.hooks.publish import News, listening, ring_if_due, write_deliveries
from messaging.links.queries import Pair, Uncounted, clicked_before, mark_counted, uncounted

CHUNK = 1000  # clicks per transaction
CHUNKS = 20  # in one sweep
MOST = 500  # clicks in one delivery
EVENT = "message.clicked"
LOCK = "links.count"


class Chunk(NamedTuple):
    """Clicks in the order of their ids, and the first human one of each recipient and link that had none before."""

    clicks: list[Uncounted]
    new: list[Uncounted]


def count_clicks() -> dict[str, int]:
    """Count what is not counted yet, a bounded number of chunks. {clicks, people, deliveries, rung}."""
    counts = {"clicks": 0, "people": 0, "deliveries": 0}
    for _ in range(CHUNKS):
        done = _chunk()
        for name, number in done.items():
            counts[name] += number
        if done["clicks"] < CHUNK:
            break
    return {**counts, "rung": ring_if_due() if counts["deliveries"] else 0}


def _chunk() -> dict[str, int]:
    """Lock order: clicks, recipients by id, links, progress by id."""
    with transaction.atomic():
        clicks = uncounted(CHUNK) if alone(LOCK) else []
        if not clicks:
            return {"clicks": 0, "people": 0, "deliveries": 0}
        chunk = Chunk(clicks, _new(clicks))
        people = _count(chunk)
        mark_counted([click.click_id for click in clicks])
        deliveries = _tell(chunk)
    return {"clicks": len(clicks), "people": people, "deliveries": deliveries}


def _new(clicks: Sequence[Uncounted]) -> list[Uncounted]:
    first: dict[Pair, Uncounted] = {}
    for click in clicks:
        if click.human:
            first.setdefault(Pair(click.recipient_id, click.number), click)
    known = clicked_before(first) if first else set()
    return [click for pair, click in first.items() if pair not in known]


def _count(chunk: Chunk) -> int:
    """Add to all counters; how many recipients clicked for the first time."""
    times = {click.recipient_id: click.at for click in reversed(chunk.new)}
    clickers = first_clicks(FirstClick(*one) for one in times.items()) if times else []
    links = Counter((click.campaign_id, click.number) for click in chunk.clicks)
    human_links = Counter((click.campaign_id, click.number) for click in chunk.clicks if click.human)
    new_links = Counter((click.campaign_id, click.number) for click in chunk.new)
    count_on_links(OnLink(*one, number, human_links[one], new_links[one]) for one, number in sorted(links.items()))
    campaigns = Counter(click.campaign_id for click in chunk.clicks)
    human = Counter(click.campaign_id for click in chunk.clicks if click.human)
    people = Counter(clicker.campaign_id for clicker in clickers)
    count_on_campaigns(OnCampaign(one, number, human[one], people[one]) for one, number in campaigns.items())
    return len(clickers)


def _tell(chunk: Chunk) -> int:
    """Deliveries of a person's first click on each link, for who asked for them; how many."""
    if not chunk.new:
        return 0
    hearers = listening(store_ids={click.store_id for click in chunk.new}, events={EVENT})
    told = [click for click in chunk.new if click.store_id in hearers]
    return write_deliveries(_news(told), hearers) if told else 0


def _news(clicks: Sequence[Uncounted]) -> Iterator[News]:
    urls = _urls({click.campaign_id for click in clicks})
    by_store: dict[int, list[Uncounted]] = {}
    for click in clicks:
        by_store.setdefault(click.store_id, []).append(click)
    for store_id, rows in by_store.items():
        for start in range(0, len(rows), MOST):
            part = rows[start : start + MOST]
            messages = [_message(click, urls.get((click.campaign_id, click.number), "")) for click in part]
            yield News(
                store_id=store_id,
                event=EVENT,
                source=f"clicks:{part[0].click_id}-{part[-1].click_id}",
                data={"messages": messages},
                happened_at=max(click.at for click in part),
            )


def _urls(campaign_ids: set[int]) -> dict[tuple[int, int], str]:
    rows = CampaignLink.objects.filter(campaign_id__in=campaign_ids)
    return {(campaign_id, number): url for campaign_id, number, url in rows.values_list("campaign_id", "number", "url")}


def _message(click: Uncounted, url: str) -> dict[str, object]:
    return {
        "id": click.recipient_id,
        "campaign": click.campaign_id,
        "contact": click.contact_id,
        "link": click.number,
        "url": url,
        "at": moment(click.at),
    }
