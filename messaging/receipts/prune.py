"""Receipts that were applied long ago go: what they said stands in the message log, and no provider repeats them."""

import time
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from config.sql import fetch

CHUNK = 10_000
# A run has so long: 150 000 rows on a machine under load, twenty million a day. Nobody else waits for a row of them.
SLICE_SECONDS = 5.0


class Pruned(NamedTuple):
    """A stretch of the inbox: its last id, how many of it went, and whether all of it is old."""

    last: int | None
    deleted: int
    old: bool | None


def prune() -> int:
    """Delete applied receipts that came more than RETENTION_RECEIPT_DAYS ago (0: keep them), for at most 5 seconds.

    Each chunk is a transaction of its own. Returns how many went.
    """
    if not settings.RETENTION_RECEIPT_DAYS:
        return 0
    before = timezone.now() - timedelta(days=settings.RETENTION_RECEIPT_DAYS)
    ends, after, deleted = time.monotonic() + SLICE_SECONDS, 0, 0
    while time.monotonic() < ends:
        stretch = prune_stretch(after=after, before=before, limit=CHUNK)
        deleted += stretch.deleted
        if stretch.last is None or not stretch.old:
            break
        after = stretch.last
    return deleted


def prune_stretch(*, after: int, before: datetime, limit: int) -> Pruned:
    """Delete the old ones of the next `limit` receipts by id, which grow with their arrival. Index: primary key.

    What waits stays, and so does what could not be read, until its text was cleared.
    """
    sql = """
        WITH stretch AS (
            SELECT r.id, r.received_at < %(before)s AS old, r.applied_at IS NOT NULL AND r.raw = '' AS done
              FROM messaging_receipt r
             WHERE r.id > %(after)s
             ORDER BY r.id
             LIMIT %(limit)s
        ), gone AS (
            DELETE FROM messaging_receipt r
             USING stretch s
             WHERE r.id = s.id
               AND s.old
               AND s.done
               AND r.applied_at IS NOT NULL
            RETURNING r.id
        )
        SELECT max(s.id), (SELECT count(*) FROM gone), bool_and(s.old)
          FROM stretch s
    """
    [found] = fetch(sql, {"after": after, "before": before, "limit": limit}, Pruned)
    return found
