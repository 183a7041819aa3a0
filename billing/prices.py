"""The price table: credits per part, by the country of the recipient's number."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import Price

OTHER = ""
DEFAULT = 1


@dataclass(frozen=True)
class PriceTable:
    """The prices of one moment. `by_country`: ISO 3166 code → credits per part; the code "" is every other country."""

    by_country: Mapping[str, int]

    def credits_per_part(self, country: str) -> int:
        """What one part to this country costs, in credits: its own price, else the price of others, else 1."""
        prices = self.by_country
        return prices.get(country) or prices.get(OTHER, DEFAULT)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change when a price does: a quote is good while they stay."""
        lines = sorted(f"{country}={price}" for country, price in self.by_country.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def price_table(now: datetime) -> PriceTable:
    """The prices in force at `now`: the latest row of each country that has begun. Always read, never remembered."""
    rows = Price.objects.filter(valid_from__lte=now).order_by("country", "-valid_from").distinct("country")
    return PriceTable(dict(rows.values_list("country", "credits_per_part")))


def in_force(rows: "QuerySet[Price]", *, now: datetime) -> "QuerySet[Price]":
    """The prices with `in_force`: whether each is the one of its country at `now`."""
    followed = Price.objects.filter(
        country=OuterRef("country"), valid_from__gt=OuterRef("valid_from"), valid_from__lte=now
    )
    return rows.annotate(in_force=Q(valid_from__lte=now) & ~Exists(followed))
