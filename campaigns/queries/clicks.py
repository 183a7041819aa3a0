"""Statements that count clicks. Called by one sweep at a time; what has a row counts on, what has none is left out."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from config.sql import execute, fetch, records


class FirstClick(NamedTuple):
    """The first click of a person on any link of a message."""

    recipient_id: int
    at: datetime


class Clicker(NamedTuple):
    """A recipient who had not clicked before."""

    recipient_id: int
    campaign_id: int


class OnLink(NamedTuple):
    """What to add to the counters of a link. `people`: recipients whose first click on it this is."""

    campaign_id: int
    number: int
    clicks: int
    human_clicks: int
    people: int


class OnCampaign(NamedTuple):
    """What to add to the counters of a campaign. `clickers`: recipients who had clicked none of its links."""

    campaign_id: int
    clicks: int
    human_clicks: int
    clickers: int


def first_clicks(rows: Iterable[FirstClick]) -> list[Clicker]:
    """Write the time into recipients that have none; who they are. Locks them by id. Primary key."""
    sql = """
        WITH new AS (
            SELECT r.id, f.at
              FROM json_to_recordset(%(rows)s) AS f (recipient_id bigint, at timestamptz)
              JOIN campaigns_campaignrecipient r ON r.id = f.recipient_id
             WHERE r.clicked_at IS NULL
             ORDER BY r.id
               FOR NO KEY UPDATE OF r
        )
        UPDATE campaigns_campaignrecipient r
           SET clicked_at = n.at
          FROM new n
         WHERE r.id = n.id
        RETURNING r.id, r.campaign_id
    """
    return fetch(sql, {"rows": records(rows)}, Clicker)


def count_on_links(rows: Iterable[OnLink]) -> int:
    """Add to the counters of links; how many links there were. Index: link_number_once."""
    sql = """
        UPDATE campaigns_campaignlink l
           SET clicks = l.clicks + n.clicks,
               human_clicks = l.human_clicks + n.human_clicks,
               people = l.people + n.people
          FROM json_to_recordset(%(rows)s)
            AS n (campaign_id bigint, number int, clicks bigint, human_clicks bigint, people bigint)
         WHERE l.campaign_id = n.campaign_id
           AND l.number = n.number
    """
    return execute(sql, {"rows": records(rows)})


def count_on_campaigns(rows: Iterable[OnCampaign]) -> int:
    """Add to the counters of campaigns; how many. Locks the progress rows by id, behind all recipients. Primary key."""
    sql = """
        WITH held AS (
            SELECT p.campaign_id, n.clicks, n.human_clicks, n.clickers
              FROM json_to_recordset(%(rows)s)
                AS n (campaign_id bigint, clicks bigint, human_clicks bigint, clickers bigint)
              JOIN campaigns_campaignprogress p ON p.campaign_id = n.campaign_id
             ORDER BY p.campaign_id
               FOR NO KEY UPDATE OF p
        )
        UPDATE campaigns_campaignprogress p
           SET clicks = p.clicks + h.clicks,
               human_clicks = p.human_clicks + h.human_clicks,
               clickers = p.clickers + h.clickers,
               version = p.version + 1
          FROM held h
         WHERE p.campaign_id = h.campaign_id
    """
    return execute(sql, {"rows": records(rows)})
