"""A store's campaigns as its stream shows them: those that are on their way, and the newest."""

import hashlib
import json
from collections.abc import Collection
from typing import NamedTuple

from config.opaque import public_id
from config.sql import fetch

LIVE, NEWEST = 50, 20


class Line(NamedTuple):
    """A campaign in short."""

    store_id: int
    campaign_id: int
    name: str
    status: str
    reason: str
    expected: int
    audience: int
    pending: int
    sent: int
    delivered: int
    undelivered: int
    failed: int
    skipped: int
    unknown: int


def lists(store_ids: Collection[int]) -> dict[int, tuple[str, bytes]]:
    """store → (tag of 16 hexadecimal digits, JSON of its campaigns, the newest first). One statement for all."""
    by_store: dict[int, list[dict[str, object]]] = {store_id: [] for store_id in store_ids}
    for row in _lines(store_ids):
        facts = row._asdict()
        store_id, number = facts.pop("store_id"), facts.pop("campaign_id")
        by_store[store_id].append({"id": public_id(number, kind="cmp"), **facts})
    return {store_id: _tagged(campaigns) for store_id, campaigns in by_store.items()}


def _lines(store_ids: Collection[int]) -> list[Line]:
    """A bounded number of each store, by the index of store and id; those on their way by campaign_live."""
    sql = """
        WITH watched AS (
            SELECT unnest(%(stores)s::bigint[]) AS store_id
        ), chosen AS (
            SELECT n.id
              FROM watched w
             CROSS JOIN LATERAL (SELECT c.id
                                   FROM campaigns_campaign c
                                  WHERE c.store_id = w.store_id
                                  ORDER BY c.id DESC
                                  LIMIT %(newest)s) n
            UNION
            SELECT l.id
              FROM watched w
             CROSS JOIN LATERAL (SELECT c.id
                                   FROM campaigns_campaign c
                                  WHERE c.store_id = w.store_id
                                    AND c.status IN ('sending', 'paused')
                                  ORDER BY c.priority
                                  LIMIT %(live)s) l
        )
        SELECT c.store_id, c.id, c.name, c.status, c.reason, coalesce(q.recipients, 0), coalesce(p.audience, 0),
               coalesce(p.pending, 0), coalesce(p.sent, 0), coalesce(p.delivered, 0), coalesce(p.undelivered, 0),
               coalesce(p.failed, 0), coalesce(p.skipped, 0), coalesce(p.unknown, 0)
          FROM chosen h
          JOIN campaigns_campaign c ON c.id = h.id
          LEFT JOIN campaigns_campaignprogress p ON p.campaign_id = c.id
          LEFT JOIN campaigns_quote q ON q.id = c.quote_id
         ORDER BY c.store_id, c.id DESC
    """
    return fetch(sql, {"stores": list(store_ids), "newest": NEWEST, "live": LIVE}, Line)


def _tagged(campaigns: list[dict[str, object]]) -> tuple[str, bytes]:
    data = json.dumps({"campaigns": campaigns}, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()[:16], data
