"""Statements of clicks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from config.sql import execute, fetch, fetch_one, records


class Target(NamedTuple):
    """Where a link leads, and whose it is. `instant`: the message left this very second, or not yet."""

    url: str
    store_id: int
    campaign_id: int
    contact_id: int | None
    instant: bool


def target(*, recipient_id: int, number: int) -> Target | None:
    """Where the recipient's link leads; None when there is no such link, or its store or campaign is closed.

    Four primary keys and link_number_once. Also for recipients who were erased: nothing of them is needed.
    """
    sql = """
        SELECT l.url, r.store_id, r.campaign_id, r.contact_id,
               r.status = 'pending' OR coalesce(r.sent_at > statement_timestamp() - interval '1 second', false)
          FROM campaigns_campaignrecipient r
          JOIN campaigns_campaignlink l ON l.campaign_id = r.campaign_id
          JOIN campaigns_campaign c ON c.id = r.campaign_id
          JOIN audiences_store s ON s.id = r.store_id
         WHERE r.id = %(recipient_id)s
           AND l.number = %(number)s
           AND c.archived_at IS NULL
           AND s.status = 'active'
    """
    return fetch_one(sql, {"recipient_id": recipient_id, "number": number}, Target)


def hurry(seconds: float) -> None:
    """Let no statement of the open transaction take longer."""
    execute("SELECT set_config('statement_timeout', %(limit)s, true)", {"limit": f"{int(seconds * 1000)}ms"})


class Uncounted(NamedTuple):
    """A click that is in no counter yet."""

    click_id: int
    store_id: int
    campaign_id: int
    recipient_id: int
    contact_id: int | None
    number: int
    human: bool
    at: datetime


def uncounted(limit: int) -> list[Uncounted]:
    """The oldest of them, locked. Index: click_uncounted."""
    sql = """
        SELECT c.id, c.store_id, c.campaign_id, c.recipient_id, c.contact_id, c.number, c.human, c.at
          FROM messaging_click c
         WHERE NOT c.counted
         ORDER BY c.id
         LIMIT %(limit)s
           FOR NO KEY UPDATE
    """
    return fetch(sql, {"limit": limit}, Uncounted)


class Pair(NamedTuple):
    """A recipient and a link."""

    recipient_id: int
    number: int


def clicked_before(pairs: Iterable[Pair]) -> set[Pair]:
    """Those of them that a person's click was counted for. Index: click_recipient."""
    sql = """
        SELECT DISTINCT c.recipient_id, c.number
          FROM json_to_recordset(%(pairs)s) AS p (recipient_id bigint, number int)
          JOIN messaging_click c ON c.recipient_id = p.recipient_id
                                AND c.number = p.number
         WHERE c.human
           AND c.counted
    """
    return set(fetch(sql, {"pairs": records(pairs)}, Pair))


def mark_counted(ids: Sequence[int]) -> None:
    """Primary key."""
    execute("UPDATE messaging_click SET counted = true WHERE id = ANY(%(ids)s)", {"ids": list(ids)})
