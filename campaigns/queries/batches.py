"""Statements that put recipients into another batch."""

from collections.abc import Sequence
from typing import NamedTuple

from config.sql import fetch_one


class Sum(NamedTuple):
    """Recipients that moved, and their parts."""

    recipients: int
    parts: int


class LostRace(RuntimeError):
    """Recipients were moved by somebody else meanwhile: the transaction must be given up."""


def move_to_batch(*, ids: Sequence[int], batch_id: int, status: str) -> int:
    """Put recipients who are `status` (pending, or failed to be tried again) into a batch, as pending. Their parts.

    By primary key. Raises LostRace unless every single one moved.
    """
    sql = """
        WITH moved AS (
            UPDATE campaigns_campaignrecipient r
               SET batch_id = %(batch_id)s,
                   status = 'pending',
                   reason = '',
                   error_code = '',
                   final_at = NULL
             WHERE r.id = ANY(%(ids)s)
               AND r.status = %(status)s
            RETURNING r.parts
        )
        SELECT count(*), coalesce(sum(parts), 0)::bigint
          FROM moved
    """
    moved = fetch_one(sql, {"ids": list(ids), "batch_id": batch_id, "status": status}, Sum)
    if moved is None or moved.recipients != len(ids):
        raise LostRace
    return moved.parts
