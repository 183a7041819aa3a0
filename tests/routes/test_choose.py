"""Which account carries a batch: the most specific routes, then rank, health and weight."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from messaging.models import ProviderAccount, Route
from messaging.routes.choose import Candidate, candidates, choose, pick, routed_countries
from tests.factories import ProviderAccountFactory, RouteFactory, StoreFactory

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def candidate(name: str, rank: int = 1, weight: int = 1, **health: datetime | None) -> Candidate:
    return Candidate(ProviderAccount(name=name), rank, weight, 3 if health else 0, **health, reason="down")


def picked(*found: Candidate, batch_id: int = 1) -> tuple[str, bool, str]:
    choice = pick(found, batch_id=batch_id, now=NOW)
    assert choice
    return choice.account.name, choice.probe, choice.instead


def test_nobody_is_picked_from_nobody() -> None:
    assert pick([], batch_id=1, now=NOW) is None


def test_the_lowest_rank_goes_first() -> None:
    assert picked(candidate("a", 1), candidate("b", 2)) == ("a", False, "")


def test_an_account_that_is_away_is_passed_over_and_the_reason_told() -> None:
    away = candidate("a", 1, away_until=NOW + MINUTE)

    assert picked(away, candidate("b", 2)) == ("b", False, "a: down")


def test_after_its_time_it_is_tried_by_one_batch() -> None:
    over = candidate("a", 1, away_until=NOW - MINUTE)

    assert picked(over, candidate("b", 2)) == ("a", True, "")


def test_while_it_is_being_tried_the_others_go_on_elsewhere() -> None:
    tried = candidate("a", 1, away_until=NOW - MINUTE, probe_until=NOW + MINUTE)

    assert picked(tried, candidate("b", 2)) == ("b", False, "a: down")


def test_a_probe_that_never_came_back_is_repeated() -> None:
    lost = candidate("a", 1, away_until=NOW - 2 * MINUTE, probe_until=NOW - MINUTE)

    assert picked(lost, candidate("b", 2)) == ("a", True, "")


def test_when_all_are_away_the_first_goes_on() -> None:
    later = NOW + MINUTE

    assert picked(candidate("a", 1, away_until=later), candidate("b", 2, away_until=later)) == ("a", False, "")


def test_a_fallback_that_is_away_does_not_keep_the_next_one_from_going() -> None:
    later = NOW + MINUTE
    found = candidate("a", 1, away_until=later), candidate("b", 2, away_until=later), candidate("c", 3)

    assert picked(*found) == ("c", False, "a: down")


def test_weights_share_the_batches_of_a_rank() -> None:
    found = candidate("a", 1, weight=3), candidate("b", 1, weight=1)

    names = Counter(picked(*found, batch_id=batch_id)[0] for batch_id in range(1, 4001))

    assert 2900 < names["a"] < 3100
    assert names["a"] + names["b"] == 4000


def test_a_batch_stays_with_its_account() -> None:
    found = candidate("a"), candidate("b"), candidate("c")

    assert len({picked(*found, batch_id=77) for _ in range(20)}) == 1


def test_of_one_rank_only_those_who_are_well_share() -> None:
    found = candidate("a", 1, away_until=NOW + MINUTE), candidate("b", 1), candidate("c", 2)

    assert {picked(*found, batch_id=number)[0] for number in range(50)} == {"b"}


@pytest.mark.django_db
def test_the_most_specific_routes_decide_alone() -> None:
    store = StoreFactory.create()
    names = ("everybody", "country", "store", "store and country")
    accounts = dict(zip(names, ProviderAccountFactory.create_batch(4), strict=True))
    order = []

    for name in names:
        owner, country = (store if "store" in name else None), ("GR" if "country" in name else "")
        RouteFactory.create(store=owner, country=country, account=accounts[name])
        order.append([one.account for one in candidates(store_id=store.pk, country="GR")])

    assert order == [[accounts[name]] for name in names]


@pytest.mark.django_db
def test_a_route_of_another_store_or_country_is_none() -> None:
    store = StoreFactory.create()
    shared = ProviderAccountFactory.create()
    RouteFactory.create(store=StoreFactory.create(), account=ProviderAccountFactory.create())
    RouteFactory.create(store=store, country="DE", account=ProviderAccountFactory.create())

    found = candidates(store_id=store.pk, country="GR")

    assert shared in [one.account for one in found]
    assert len(found) == 3  # no route applies: all shared accounts, as they were made


@pytest.mark.django_db
def test_without_routes_the_stores_own_account_comes_before_the_shared_ones() -> None:
    store = StoreFactory.create()
    shared, own = ProviderAccountFactory.create(), ProviderAccountFactory.create(store=store)
    ProviderAccountFactory.create(store=StoreFactory.create())
    ProviderAccountFactory.create(status="stopped")

    assert [one.account for one in candidates(store_id=store.pk, country="")] == [own, shared]


@pytest.mark.django_db
def test_a_stopped_route_or_account_carries_nothing() -> None:
    store = StoreFactory.create()
    fallback = ProviderAccountFactory.create()
    RouteFactory.create(store=store, rank=1, account=ProviderAccountFactory.create(status="stopped"))
    RouteFactory.create(store=store, rank=2, account=ProviderAccountFactory.create(), status="stopped")
    RouteFactory.create(store=store, rank=3, account=fallback)

    choice = choose(store_id=store.pk, country="", batch_id=1)

    assert choice
    assert choice.account == fallback


@pytest.mark.django_db
def test_a_store_with_routes_waits_rather_than_use_an_account_that_is_not_on_them() -> None:
    store = StoreFactory.create()
    ProviderAccountFactory.create()
    RouteFactory.create(store=store, account=ProviderAccountFactory.create(status="stopped"))

    assert choose(store_id=store.pk, country="", batch_id=1) is None


@pytest.mark.django_db
def test_countries_with_routes_are_the_stores_and_the_shared_ones() -> None:
    store = StoreFactory.create()
    RouteFactory.create(store=store, country="GR")
    RouteFactory.create(store=None, country="DE")
    RouteFactory.create(store=StoreFactory.create(), country="FR")
    RouteFactory.create(store=store, country="")

    assert routed_countries(store.pk) == {"GR", "DE"}


@pytest.mark.django_db
def test_choosing_takes_one_statement(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    store = StoreFactory.create()
    account = ProviderAccountFactory.create_batch(5)[0]
    choose(store_id=store.pk, country="GR", batch_id=1)

    with django_assert_max_num_queries(1):
        choose(store_id=store.pk, country="GR", batch_id=1)

    assert Route.objects.count() == 0
    ProviderAccount.objects.filter(pk=account.pk).update(name="Changed")
    chosen = choose(store_id=store.pk, country="GR", batch_id=1)
    assert chosen
    assert chosen.account.name == "Changed"
