"""Credits back for messages that stayed undelivered for a day: found in the log, a day behind those who write it.

A watermark walks over the log's primary key, so each line is looked at once and no index on the recipients is needed.
A day is longer than any transaction: no line can still appear below a line of yesterday. What counts is where the
recipient stands when his line is a day old; the key of the entry makes the refund happen once.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from billing.refunding import Wanted, policies, refund_all
from config.sql import fetch, fetch_one
from messaging.models import LogWatermark

log = logging.getLogger(__name__)

NAME = "refunds"
WAIT = timedelta(hours=24)
CHUNK = 5000  # lines of the log
SLICE_SECONDS = 20.0


class Failed(NamedTuple):
    """A recipient who was charged and stayed undelivered."""

    recipient_id: int
    store_id: int
    batch_id: int
    attempt: int
    charged: int
    reason: str


class Reach(NamedTuple):
    """The last line that is old enough, within the next chunk."""

    line_id: int


def refund_undelivered() -> dict[str, int]:
    """Look at the lines that became a day old; {lines, refunded}. Stores without a policy cost a look at the ids."""
    mark = LogWatermark.objects.get_or_create(name=NAME)[0]
    cutoff = timezone.now() - WAIT
    ends = time.monotonic() + SLICE_SECONDS
    counts = {"lines": 0, "refunded": 0}
    chosen = policies()
    while time.monotonic() < ends and (until := reach(after=mark.done, cutoff=cutoff)) > mark.done:
        counts["refunded"] += _refund(after=mark.done, until=until, chosen=chosen) if chosen else 0
        # Afterwards: who dies in between does it again, and the keys are used.
        if not LogWatermark.objects.filter(pk=mark.pk, done=mark.done).update(done=until):
            break  # another sweep is at it
        counts["lines"] += until - mark.done
        mark.done = until
    return counts


def reach(*, after: int, cutoff: datetime) -> int:
    """How far the next chunk behind `after` goes: to the last line before the first that is younger than `cutoff`.

    Index: the log's primary key.
    """
    sql = """
        WITH next AS (
            SELECT l.id, l.at
              FROM messaging_messagelog l
             WHERE l.id > %(after)s
             ORDER BY l.id
             LIMIT %(chunk)s
        )
        SELECT COALESCE(MAX(n.id), %(after)s)
          FROM next n
         WHERE n.id < COALESCE((SELECT MIN(y.id) FROM next y WHERE y.at >= %(cutoff)s), n.id + 1)
    """
    found = fetch_one(sql, {"after": after, "cutoff": cutoff, "chunk": CHUNK}, Reach)
    return found.line_id if found else after


def undelivered(*, after: int, until: int, stores: list[int]) -> list[Failed]:
    """Recipients of these stores whom lines (after, until] call undelivered, who still are, and were charged.

    Indexes: the log's primary key, the recipients' primary key.
    """
    sql = """
        SELECT DISTINCT r.id, r.store_id, r.batch_id, r.attempt, r.charged, r.reason
          FROM messaging_messagelog l
          JOIN campaigns_campaignrecipient r ON r.id = l.recipient_id
         WHERE l.id > %(after)s
           AND l.id <= %(until)s
           AND l.outcome IN ('undelivered', 'expired')
           AND l.store_id = ANY(%(stores)s)
           AND r.status = 'undelivered'
           AND r.charged > 0
         ORDER BY r.id
    """
    return fetch(sql, {"after": after, "until": until, "stores": stores}, Failed)


def _refund(*, after: int, until: int, chosen: Mapping[int, frozenset[str]]) -> int:
    by_store: dict[int, list[Wanted]] = {}
    for row in undelivered(after=after, until=until, stores=list(chosen)):
        if row.reason in chosen[row.store_id]:
            debits = (f"late:{row.recipient_id}", f"batch:{row.batch_id}:{row.attempt}")
            by_store.setdefault(row.store_id, []).append(Wanted(row.recipient_id, row.charged, *debits))
    refunded = 0
    for store_id, wanted in sorted(by_store.items()):
        number = refund_all(store_id=store_id, wanted=wanted)
        log.info("refunded", extra={"store_id": store_id, "wanted": len(wanted), "refunded": number})
        refunded += number
    return refunded
