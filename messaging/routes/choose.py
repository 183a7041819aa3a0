"""Which account carries a batch: by the most specific routes, their rank, health and weight."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from config.sql import fetch
from messaging.models import ProviderAccount, Route


class Candidate(NamedTuple):
    """An account that may carry the batch. `away_until`, `probe_until`: as in AccountHealth."""

    account: ProviderAccount
    rank: int
    weight: int
    faults: int = 0
    away_until: datetime | None = None
    probe_until: datetime | None = None
    reason: str = ""


class Choice(NamedTuple):
    """The account to use. `probe`: it was away, and one batch may try it. `instead`: why not the primary, if so."""

    account: ProviderAccount
    faults: int
    probe: bool
    instead: str


def choose(*, store_id: int, country: str, batch_id: int) -> Choice | None:
    """The account for a batch now; None when nobody may carry it.

    The most specific routes decide alone: an account that is on none of them is not used, even if they are stopped.
    Without any route for it: the store's own active account, else the shared ones, in the order they were made.
    """
    return pick(candidates(store_id=store_id, country=country), batch_id=batch_id, now=timezone.now())


def candidates(*, store_id: int, country: str | None) -> list[Candidate]:
    """Active accounts that may carry messages of a store to a country ("": of any, None: wherever), by rank.

    One statement; the tables have a handful of rows. An account is read, and decrypted, when its row was changed.
    """
    rows = fetch(STANDING, {"store_id": store_id, "country": country}, Standing, kept=True)
    levels = [row.level for row in rows if row.level is not None]
    best = min(levels, default=None)  # without any route: all accounts, the store's own first
    meant = [row for row in rows if row.level == best and row.status == "active"]
    return [
        Candidate(
            _account(row.account_id, row.version),
            rank=place if row.rank is None else row.rank,
            weight=row.weight or 1,
            faults=row.faults or 0,
            away_until=row.away_until,
            probe_until=row.probe_until,
            reason=row.reason or "",
        )
        for place, row in enumerate(meant, start=1)
    ]


@lru_cache(maxsize=256)
def _account(account_id: int, version: str) -> ProviderAccount:
    return ProviderAccount.objects.get(pk=account_id)


class Standing(NamedTuple):
    """An account beside a route that leads to it, and how calls over it go. `version`: another after each change."""

    account_id: int
    status: str
    version: str
    rank: int | None
    weight: int | None
    level: int | None
    faults: int | None
    away_until: datetime | None
    probe_until: datetime | None
    reason: str | None


# An account without a route that applies has the level NULL. How specific a route is: 0 for the store and the country,
# 1 for the store, 2 for the country, 3 for everybody.
STANDING = """
    SELECT a.id, a.status, concat_ws(' ', a.xmin, a.ctid), r.rank, r.weight,
           CASE WHEN r.store_id IS NULL THEN 2 ELSE 0 END + CASE WHEN r.country = '' THEN 1 ELSE 0 END
             + CASE WHEN r.id IS NULL THEN NULL ELSE 0 END,
           h.faults, h.away_until, h.probe_until, h.reason
      FROM messaging_provideraccount a
      LEFT JOIN messaging_route r
        ON r.account_id = a.id
       AND r.status = 'active'
       AND (r.store_id = %(store_id)s OR r.store_id IS NULL)
       AND (r.country IN ('', %(country)s) OR %(country)s::text IS NULL)
      LEFT JOIN messaging_accounthealth h
        ON h.account_id = a.id
     WHERE r.id IS NOT NULL
        OR a.store_id = %(store_id)s
        OR a.store_id IS NULL
     ORDER BY r.rank, a.store_id NULLS LAST, r.id, a.id
"""


def routed_countries(store_id: int) -> frozenset[str]:
    """Countries that a store's messages have routes for: phones of each are batched apart."""
    rows = Route.objects.filter(Q(store_id=store_id) | Q(store=None)).exclude(country="")
    return frozenset(rows.values_list("country", flat=True))


def pace(store_id: int) -> int:
    """Parts per second of the slowest account that may carry a store's messages; 0 when none may."""
    rates = [one.account.parts_per_second for one in candidates(store_id=store_id, country=None)]
    return min(rates, default=0)


def pick(found: Sequence[Candidate], *, batch_id: int, now: datetime) -> Choice | None:
    """The choice among candidates sorted by rank; the same batch gets the same account while nothing changes.

    An account whose absence is over is taken for one probe; who asks must win it (`health.take_probe`). When all are
    away the best of them goes on all the same: waiting helps nobody, and its own retries slow it down.
    """
    for rank, group in groupby(found, key=lambda one: one.rank):
        here = list(group)
        due = [one for one in here if _may_be_tried(one, now)]
        well = [one for one in here if one.away_until is None]
        chosen = due[0] if due else _by_weight(well, batch_id)
        if chosen:
            return Choice(chosen.account, chosen.faults, bool(due), _why_not(found, before=rank))
    if not found:
        return None
    return Choice(found[0].account, found[0].faults, probe=False, instead="")


def _may_be_tried(one: Candidate, now: datetime) -> bool:
    return one.away_until is not None and max(one.away_until, one.probe_until or one.away_until) <= now


def _by_weight(among: Sequence[Candidate], batch_id: int) -> Candidate | None:
    """Shares by weight: the batch's id decides, spread by Knuth's multiplicative hash."""
    total = sum(one.weight for one in among)
    point = (batch_id * 2_654_435_761 % 2**32) * total // 2**32
    for one in among:
        point -= one.weight
        if point < 0:
            return one
    return None


def _why_not(found: Iterable[Candidate], *, before: int) -> str:
    skipped = [one for one in found if one.rank < before]
    return f"{skipped[0].account.name}: {skipped[0].reason}" if skipped else ""
