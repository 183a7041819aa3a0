"""Statements for people who watch: each reads counters or a named range, never a campaign's recipients."""

from datetime import date, datetime
from typing import NamedTuple

from config.moment import once
from config.sql import fetch, fetch_one

# An opt-out is put down to the last campaign that texted the person within so many days.
BLAME_DAYS = 7
OPT_OUTS_MAX = 20_000


class Movement(NamedTuple):
    """How a campaign moves. `elapsed`: seconds of this minute; `sent`, `parts`: in this minute and in the one before.

    `first_ready`, `last_ready`: when the batches that wait are due; `error_class`: why the first of them waits.
    """

    now: datetime
    elapsed: float
    sent: int
    parts: int
    sent_before: int
    parts_before: int
    first_ready: datetime | None
    last_ready: datetime | None
    error_class: str | None


def movement(campaign_id: int) -> Movement:
    """This minute, the one before, and what waits: five probes. Indexes: the minutes' key, batch_ready."""
    sql = """
        SELECT statement_timestamp(), extract(epoch FROM now() - date_trunc('minute', now()))::float,
               coalesce(m.sent, 0), coalesce(m.parts, 0), coalesce(b.sent, 0), coalesce(b.parts, 0),
               f.ready_at, l.ready_at, f.error_class
          FROM (VALUES (%(campaign_id)s::bigint)) AS c (id)
          LEFT JOIN campaigns_campaignminute m
            ON m.campaign_id = c.id
           AND m.minute = date_trunc('minute', now())
          LEFT JOIN campaigns_campaignminute b
            ON b.campaign_id = c.id
           AND b.minute = date_trunc('minute', now()) - interval '1 minute'
          LEFT JOIN LATERAL (SELECT ready_at, error_class
                               FROM campaigns_sendbatch
                              WHERE campaign_id = c.id
                                AND state = 'ready'
                              ORDER BY ready_at, id
                              LIMIT 1) f ON true
          LEFT JOIN LATERAL (SELECT ready_at
                               FROM campaigns_sendbatch
                              WHERE campaign_id = c.id
                                AND state = 'ready'
                              ORDER BY ready_at DESC, id DESC
                              LIMIT 1) l ON true
    """
    [found] = fetch(sql, {"campaign_id": campaign_id}, Movement)
    return found


class Span(NamedTuple):
    """The first and the last minute in which anything happened, and the most that were sent in one."""

    first: datetime | None
    last: datetime | None
    peak: int


def span(campaign_id: int) -> Span:
    """Over the campaign's minutes: at most some thousands, since receipts come for three days. Their key."""
    sql = """
        SELECT min(minute), max(minute), coalesce(max(sent), 0)
          FROM campaigns_campaignminute
         WHERE campaign_id = %(campaign_id)s
    """
    [found] = once(("span", campaign_id), lambda: fetch(sql, {"campaign_id": campaign_id}, Span))
    return found


class Point(NamedTuple):
    """What came to be from `at` on, in seconds since 1970, for the length of a bucket."""

    at: int
    sent: int
    delivered: int
    undelivered: int
    failed: int
    parts: int


def points(*, campaign_id: int, seconds: int, start: datetime, end: datetime) -> list[Point]:
    """Minutes from `start` up to `end`, added up by buckets of `seconds`; empty buckets are left out. Their key."""
    sql = """
        SELECT extract(epoch FROM minute)::bigint / %(seconds)s * %(seconds)s AS at,
               sum(sent)::bigint, sum(delivered)::bigint, sum(undelivered)::bigint, sum(failed)::bigint,
               sum(parts)::bigint
          FROM campaigns_campaignminute
         WHERE campaign_id = %(campaign_id)s
           AND minute >= %(start)s
           AND minute < %(end)s
         GROUP BY at
         ORDER BY at
    """
    params = {"campaign_id": campaign_id, "seconds": seconds, "start": start, "end": end}
    return fetch(sql, params, Point)


class Number(NamedTuple):
    """How many."""

    number: int


def opt_outs(*, store_id: int, campaign_id: int, start: datetime, end: datetime) -> int:
    """People who opted out from `start` to `end` and whom no later campaign had texted; looks at OPT_OUTS_MAX at most.

    Indexes: consentevent_opt_outs for the store's opt-outs of these days, then the recipients' contact for each.
    """
    sql = """
        WITH gone AS MATERIALIZED (
            SELECT e.contact_id, e.created_at
              FROM audiences_consentevent e
             WHERE e.store_id = %(store_id)s
               AND e.after = 'opted_out'
               AND e.created_at BETWEEN %(start)s AND %(end)s
             ORDER BY e.created_at
             LIMIT %(most)s
        )
        SELECT count(DISTINCT g.contact_id)
          FROM gone g
         CROSS JOIN LATERAL (SELECT r.campaign_id
                               FROM campaigns_campaignrecipient r
                              WHERE r.contact_id = g.contact_id
                                AND r.status IN ('sent', 'delivered', 'undelivered')
                                AND r.sent_at BETWEEN g.created_at - make_interval(days => %(days)s) AND g.created_at
                              ORDER BY r.sent_at DESC
                              LIMIT 1) l
         WHERE l.campaign_id = %(campaign_id)s
    """
    params = {"store_id": store_id, "campaign_id": campaign_id, "start": start, "end": end}
    found = fetch_one(sql, {**params, "most": OPT_OUTS_MAX, "days": BLAME_DAYS}, Number)
    return found.number if found else 0


class Latencies(NamedTuple):
    """Deliveries in a bucket of campaigns.latency."""

    bucket: int
    number: int


def latencies(campaign_id: int) -> list[Latencies]:
    """How long deliveries took, by bucket: a few dozen. Their key."""
    sql = "SELECT bucket, count FROM campaigns_latencycount WHERE campaign_id = %(campaign_id)s"
    return fetch(sql, {"campaign_id": campaign_id}, Latencies)


class Clicked(NamedTuple):
    """An address of the text, and who followed it: `people` are recipients."""

    number: int
    url: str
    clicks: int
    human_clicks: int
    people: int


def clicked(campaign_id: int) -> list[Clicked]:
    """The addresses of the text in its order. Their unique key."""
    sql = """
        SELECT number, url, clicks, human_clicks, people
          FROM campaigns_campaignlink
         WHERE campaign_id = %(campaign_id)s
         ORDER BY number
    """
    return fetch(sql, {"campaign_id": campaign_id}, Clicked)


class Handed(NamedTuple):
    """Batches, and the calls to a provider that they took."""

    batches: int
    hand_overs: int
    dead: int


def handed(campaign_id: int) -> Handed:
    """A row per 500 recipients. Index: batch_campaign."""
    sql = """
        SELECT count(*), coalesce(sum(spent), 0)::bigint, count(*) FILTER (WHERE state = 'dead')
          FROM campaigns_sendbatch
         WHERE campaign_id = %(campaign_id)s
    """
    return fetch_one(sql, {"campaign_id": campaign_id}, Handed) or Handed(0, 0, 0)


class Code(NamedTuple):
    """A word of the provider's, and how many recipients of the sample have it."""

    status: str
    reason: str
    code: str
    number: int


def sample_of_codes(*, campaign_id: int, batches: int) -> list[Code]:
    """The provider's own words for failures, in the last `batches` that had an error and the last that were settled.

    Indexes: batch_campaign, then the recipients' batch.
    """
    sql = """
        WITH looked AS (
            (SELECT id
               FROM campaigns_sendbatch
              WHERE campaign_id = %(campaign_id)s
                AND error_class <> ''
              ORDER BY id DESC
              LIMIT %(batches)s)
            UNION
            (SELECT id
               FROM campaigns_sendbatch
              WHERE campaign_id = %(campaign_id)s
                AND settled_at IS NOT NULL
              ORDER BY id DESC
              LIMIT %(batches)s)
        )
        SELECT r.status, r.reason, r.error_code, count(*)
          FROM looked l
          JOIN campaigns_campaignrecipient r ON r.batch_id = l.id
         WHERE r.status IN ('failed', 'undelivered')
           AND r.error_code <> ''
         GROUP BY r.status, r.reason, r.error_code
         ORDER BY count(*) DESC, r.error_code
    """
    return fetch(sql, {"campaign_id": campaign_id, "batches": batches}, Code)


class Day(NamedTuple):
    """What came to be on one day of the store's calendar."""

    day: date
    sent: int
    delivered: int
    undelivered: int
    failed: int
    parts: int
    credits: int


def days(*, campaign_ids: list[int], since: datetime, time_zone: str) -> list[Day]:
    """The campaigns' minutes from `since` on, added up by the days of an IANA zone. Their key, a range per campaign."""
    sql = """
        SELECT (m.minute AT TIME ZONE %(zone)s)::date AS day,
               sum(m.sent)::bigint, sum(m.delivered)::bigint, sum(m.undelivered)::bigint, sum(m.failed)::bigint,
               sum(m.parts)::bigint, sum(m.credits)::bigint
          FROM campaigns_campaignminute m
         WHERE m.campaign_id = ANY(%(ids)s)
           AND m.minute >= %(since)s
         GROUP BY day
         ORDER BY day
    """
    return fetch(sql, {"ids": campaign_ids, "since": since, "zone": time_zone}, Day)
