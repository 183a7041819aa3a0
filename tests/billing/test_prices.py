from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.models import Price
from billing.prices import in_force, price_table

JANUARY, MARCH, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 5))


def test_a_part_costs_one_credit_without_prices() -> None:
    assert price_table(MARCH).credits_per_part("GR") == 1


def test_a_country_has_its_own_price() -> None:
    Price.objects.create(country="GR", credits_per_part=2, valid_from=JANUARY)

    prices = price_table(MARCH)

    assert (prices.credits_per_part("GR"), prices.credits_per_part("DE")) == (2, 1)


def test_an_empty_country_is_every_other_one() -> None:
    Price.objects.create(country="GR", credits_per_part=2, valid_from=JANUARY)
    Price.objects.create(country="", credits_per_part=5, valid_from=JANUARY)

    prices = price_table(MARCH)

    assert (prices.credits_per_part("GR"), prices.credits_per_part("DE")) == (2, 5)


def test_the_latest_price_that_has_begun_counts() -> None:
    for month, price in ((JANUARY, 2), (MARCH, 3), (MAY, 4)):
        Price.objects.create(country="GR", credits_per_part=price, valid_from=month)

    read = [price_table(now).credits_per_part("GR") for now in (JANUARY, datetime(2026, 4, 1, tzinfo=UTC), MAY)]

    assert read == [2, 3, 4]


def test_a_new_price_is_seen_at_once() -> None:
    before = price_table(MARCH)
    Price.objects.create(country="GR", credits_per_part=2, valid_from=JANUARY)

    after = price_table(MARCH)

    assert after.credits_per_part("GR") == 2
    assert after.fingerprint != before.fingerprint


def test_the_fingerprint_stays_while_prices_do() -> None:
    Price.objects.create(country="GR", credits_per_part=2, valid_from=JANUARY)
    Price.objects.create(country="DE", credits_per_part=3, valid_from=JANUARY)
    Price.objects.create(country="GR", credits_per_part=9, valid_from=MAY)

    assert price_table(JANUARY).fingerprint == price_table(MARCH).fingerprint
    assert price_table(MAY).fingerprint != price_table(MARCH).fingerprint


# What the API shows -------------------------------------------------------------------------------------------------


def shown(now: datetime) -> list[tuple[str, int, bool]]:
    """Every price, oldest first, and whether it is in force."""
    rows: Any = in_force(Price.objects.order_by("pk"), now=now)
    return list(rows.values_list("country", "credits_per_part", "in_force"))


def test_of_a_countrys_prices_one_is_in_force_and_it_is_the_tables(db: None) -> None:
    now = timezone.now()
    for days, country, credits in ((-9, "FR", 2), (-1, "FR", 3), (9, "FR", 4), (-5, "", 5), (-5, "DE", 6)):
        Price.objects.create(country=country, credits_per_part=credits, valid_from=now + timedelta(days=days))

    assert shown(now) == [("FR", 2, False), ("FR", 3, True), ("FR", 4, False), ("", 5, True), ("DE", 6, True)]
    assert shown(now + timedelta(days=10))[:3] == [("FR", 2, False), ("FR", 3, False), ("FR", 4, True)]
    assert price_table(now).by_country == {"FR": 3, "": 5, "DE": 6}


def test_a_price_is_in_force_from_its_very_moment(db: None) -> None:
    now = timezone.now()
    Price.objects.create(country="FR", credits_per_part=2, valid_from=now)

    assert shown(now) == [("FR", 2, True)]
    assert shown(now - timedelta(microseconds=1)) == [("FR", 2, False)]
