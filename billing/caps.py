"""The limits that a store sets for itself: credits of one launch, of the launches of a day, and of a month.

What counts is what launches took and did not give back: charged, or still held. It is summed from the reservations,
so there is no counter that could drift.
"""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from audiences.models import Store
from billing.errors import SpendCapReached
from billing.periods import local_day, local_month
from config.sql import fetch_one

CAPPED = Q(spend_cap_campaign__isnull=False) | Q(spend_cap_day__isnull=False) | Q(spend_cap_month__isnull=False)


class Committed(NamedTuple):
    """Credits that launches of this day and of this month took and did not give back."""

    day: int
    month: int


def check_caps(*, store_id: int, required: int, held: bool = False) -> None:
    """Raise SpendCapReached (403) if `required` credits more pass a cap of the store; silent without caps.

    `held`: they are in a reservation of the caller's transaction, who has locked the account: of launches at the same
    moment each sees the ones before it.
    """
    store = Store.objects.filter(CAPPED, pk=store_id).first()
    if store is None:
        return
    _check("campaign", limit=store.spend_cap_campaign, committed=0, required=required)
    if store.spend_cap_day is None and store.spend_cap_month is None:
        return
    taken = committed(store, now=timezone.now())
    own = required if held else 0
    _check("day", limit=store.spend_cap_day, committed=taken.day - own, required=required)
    _check("month", limit=store.spend_cap_month, committed=taken.month - own, required=required)


def committed(store: Store, *, now: datetime) -> Committed:
    """What launches took, by the store's clock. Index: reservation_made."""
    sql = """
        SELECT COALESCE(SUM(r.amount - r.released) FILTER (WHERE r.created_at >= %(day)s), 0)::bigint,
               COALESCE(SUM(r.amount - r.released), 0)::bigint
          FROM billing_creditaccount a
          JOIN billing_creditreservation r ON r.account_id = a.id
         WHERE a.store_id = %(store_id)s
           AND r.created_at >= %(month)s
    """
    day = local_day(now, zone=store.time_zone)
    first = day.astimezone(ZoneInfo(store.time_zone))
    month = local_month(first.year, first.month, zone=store.time_zone).start
    return fetch_one(sql, {"store_id": store.pk, "day": day, "month": month}, Committed) or Committed(0, 0)


def _check(cap: str, *, limit: int | None, committed: int, required: int) -> None:
    if limit is not None and committed + required > limit:
        raise SpendCapReached(cap=cap, limit=limit, committed=committed, required=required)
