"""What a month did to a store's credits: opening, by kind, closing; and the same entry by entry."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Max, Min

from audiences.models import Store
from billing.models import LedgerEntry
from billing.periods import Period, local_month
from config.audit import Actor, record
from config.problems import invalid
from config.spreadsheet import by_key, harmless, lines
from config.sql import fetch

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
COLUMNS = ("at", "kind", "credits", "allowance", "balance_after", "label", "key")


class Line(NamedTuple):
    """What entries of one kind came to, in credits. An empty `kind`: the account's balances, and no entries."""

    kind: str
    entries: int
    credits: int
    allowance: int


class Sums(NamedTuple):
    """Credits bought and free."""

    credits: int
    allowance: int


class Statement(NamedTuple):
    """A month of a store's books: `opening` + the lines = `closing`, for either kind of credits."""

    month: str
    period: Period
    opening: Sums
    lines: list[Line]
    closing: Sums


def month_of(text: str | None, *, now: datetime, store: Store) -> str:
    """The month that a request asks for, `2026-10`; without one the store's current. Raises InvalidFields."""
    if text is None:
        return f"{now.astimezone(ZoneInfo(store.time_zone)):%Y-%m}"
    if not MONTH.fullmatch(text):
        raise invalid("/month", "A month like 2026-10.")
    return text


def statement(store: Store, month: str) -> Statement:
    """The books of a calendar month by the store's clock, read backwards from the balance as it is now.

    One statement, so that a charge beside it cannot make them disagree.
    """
    period = _period(store, month)
    found = {(row.kind, bool(row.entries)): row for row in _lines(store.pk, period)}
    now = found.pop(("", False), Line("", 0, 0, 0))
    later = found.pop(("", True), Line("", 0, 0, 0))
    rows = sorted(found.values())
    closing = Sums(now.credits - later.credits, now.allowance - later.allowance)
    opening = Sums(
        closing.credits - sum(row.credits for row in rows), closing.allowance - sum(row.allowance for row in rows)
    )
    return Statement(month, period, opening, rows, closing)


def statement_csv(*, store: Store, month: str, actor: Actor) -> Iterator[str]:
    """The lines of the month's entries, oldest first, streamed in constant memory; it is audited."""
    record("statement.export", actor=actor, subject=f"store:{store.pk}", store_id=store.pk, month=month)
    period = _period(store, month)
    rows = LedgerEntry.objects.filter(account__store_id=store.pk)
    ends = rows.filter(created_at__gte=period.start, created_at__lt=period.end).aggregate(
        first=Min("pk"), last=Max("pk")
    )
    wanted = rows.filter(pk__gte=ends["first"] or 1, pk__lte=ends["last"] or 0)
    columns = ("created_at", "kind", "amount", "allowance", "balance_after", "label", "key")
    return lines(
        COLUMNS, (_cells(row) for row in by_key(wanted, columns=columns) if period.start <= row[1] < period.end)
    )


def _period(store: Store, month: str) -> Period:
    year, number = month.split("-")
    return local_month(int(year), int(number), zone=store.time_zone)


def _cells(row: tuple[Any, ...]) -> list[Any]:
    _, at, *cells = row
    return [at.isoformat().replace("+00:00", "Z"), *(harmless(cell) for cell in cells)]


def _lines(store_id: int, period: Period) -> list[Line]:
    """The month's entries by kind; what came after it, without a kind; and the account now. Index: ledger_month."""
    sql = """
        SELECT CASE WHEN e.created_at < %(end)s THEN e.kind ELSE '' END, COUNT(*),
               SUM(e.amount)::bigint, SUM(e.allowance)::bigint
          FROM billing_creditaccount a
          JOIN billing_ledgerentry e ON e.account_id = a.id
         WHERE a.store_id = %(store_id)s
           AND e.created_at >= %(start)s
         GROUP BY 1
         UNION ALL
        SELECT '', 0, a.balance, a.allowance
          FROM billing_creditaccount a
         WHERE a.store_id = %(store_id)s
    """
    return fetch(sql, {"store_id": store_id, "start": period.start, "end": period.end}, Line)
