"""The clicks' part of `manage.py doctor`: counters of links and campaigns against the clicks behind them."""

from typing import Any, NamedTuple

from django.db import transaction

from billing.drift import SHOWN, Drift
from campaigns.models import Campaign
from config.audit import Actor, record
from config.sql import alone, execute, fetch, fetch_one
from messaging.links.count import LOCK

NAMES = ("clicks.all", "clicks.human", "clicks.people")


def clicks(*, hours: int | None, shown: int = SHOWN) -> list[Drift]:
    """`clicks.all`, `clicks.human`, `clicks.people`: a campaign's or its links' counters are not its clicks.

    Found: what the counter says. `hours`: of campaigns that are live or ended within so many; None: of all. Only of
    campaigns with links. Indexes: link_number_once, click_store (from a campaign's start on).
    """
    return fetch(DRIFTS, {"hours": hours, "shown": shown}, Drift)


class Counted(NamedTuple):
    """What a campaign's clicks come to."""

    clicks: int
    human: int
    people: int


@transaction.atomic
def repair(drift: Drift, *, actor: Actor) -> bool:
    """Count a campaign's clicks again, for itself and its links. True when something changed.

    False when it is about something else, or while the sweep counts: then again later. Lock order: links, progress.
    """
    if drift.name not in NAMES or not alone(LOCK):
        return False
    campaign = Campaign.objects.filter(pk=int(drift.subject.partition(" ")[0].partition(":")[2])).first()
    if campaign is None:
        return False
    given = {"campaign_id": campaign.pk, "store_id": campaign.store_id, "since": campaign.started_at}
    changed = execute(LINKS, given)
    found = fetch_one(TOTAL, given, Counted) or Counted(0, 0, 0)
    changed += execute(PROGRESS, {"campaign_id": campaign.pk, **found._asdict()})
    if changed:
        facts: dict[str, Any] = {"clicks": found.clicks, "human": found.human, "people": found.people}
        subject = f"campaign:{campaign.pk}"
        record("campaign.recount_clicks", actor=actor, subject=subject, store_id=campaign.store_id, **facts)
    return bool(changed)


LINKS = """
    UPDATE campaigns_campaignlink l
       SET clicks = n.clicks, human_clicks = n.human, people = n.people
      FROM (SELECT i.id, count(k.id) AS clicks, count(k.id) FILTER (WHERE k.human) AS human,
                   count(DISTINCT k.recipient_id) FILTER (WHERE k.human) AS people
              FROM campaigns_campaignlink i
              LEFT JOIN messaging_click k
                ON k.store_id = %(store_id)s
               AND k.campaign_id = i.campaign_id
               AND k.number = i.number
               AND k.at > %(since)s::timestamptz - interval '1 hour'
               AND k.counted
             WHERE i.campaign_id = %(campaign_id)s
             GROUP BY i.id) n
     WHERE l.id = n.id
       AND (l.clicks, l.human_clicks, l.people) IS DISTINCT FROM (n.clicks, n.human, n.people)
"""
TOTAL = """
    SELECT count(*), count(*) FILTER (WHERE k.human), count(DISTINCT k.recipient_id) FILTER (WHERE k.human)
      FROM messaging_click k
     WHERE k.store_id = %(store_id)s
       AND k.campaign_id = %(campaign_id)s
       AND k.at > %(since)s::timestamptz - interval '1 hour'
       AND k.counted
"""
PROGRESS = """
    UPDATE campaigns_campaignprogress p
       SET clicks = %(clicks)s, human_clicks = %(human)s, clickers = %(people)s, version = p.version + 1
     WHERE p.campaign_id = %(campaign_id)s
       AND (p.clicks, p.human_clicks, p.clickers) IS DISTINCT FROM (%(clicks)s, %(human)s, %(people)s)
"""
DRIFTS = """
    WITH scope AS (
        SELECT c.id, c.store_id, c.started_at
          FROM campaigns_campaign c
         WHERE c.started_at IS NOT NULL
           AND EXISTS (SELECT
                         FROM campaigns_campaignlink l
                        WHERE l.campaign_id = c.id)
           AND (%(hours)s::int IS NULL
                OR c.status IN ('sending', 'paused')
                OR c.finished_at > now() - make_interval(hours => %(hours)s))
    ), counted AS (
        SELECT s.id, count(k.id) AS clicks, count(k.id) FILTER (WHERE k.human) AS human,
               count(DISTINCT k.recipient_id) FILTER (WHERE k.human) AS people
          FROM scope s
          LEFT JOIN messaging_click k
            ON k.store_id = s.store_id
           AND k.campaign_id = s.id
           AND k.at > s.started_at - interval '1 hour'
           AND k.counted
         GROUP BY s.id
    ), linked AS (
        SELECT s.id, sum(l.clicks)::bigint AS clicks, sum(l.human_clicks)::bigint AS human
          FROM scope s
          JOIN campaigns_campaignlink l ON l.campaign_id = s.id
         GROUP BY s.id
    )
    SELECT v.name, 'campaign:' || n.id || v.what, v.expected, v.found
      FROM counted n
      JOIN campaigns_campaignprogress p ON p.campaign_id = n.id
      JOIN linked l ON l.id = n.id
     CROSS JOIN LATERAL (VALUES ('clicks.all', '', n.clicks, p.clicks),
                                ('clicks.human', '', n.human, p.human_clicks),
                                ('clicks.people', '', n.people, p.clickers),
                                ('clicks.all', ' links', n.clicks, l.clicks),
                                ('clicks.human', ' links', n.human, l.human)) v (name, what, expected, found)
     WHERE v.expected <> v.found
     ORDER BY n.id, v.name, v.what
     LIMIT %(shown)s
"""
