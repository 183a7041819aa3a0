"""Every operator, by example: of a few people with everything and nothing, who meets it, and who meets its opposite."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from audiences import audience
from audiences.models import Contact, Store, Suppression
from audiences.segments.grammar import parse
from audiences.segments.kind import of_rules
from audiences.segments.sight import sight_of
from campaigns.models import Campaign, CampaignRecipient
from config.opaque import public_id
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, StoreFactory, api_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)  # noon in Athens
ANNA = {
    "first_name": "Anna",
    "last_name": "Papadopoulou",
    "email": "anna@example.org",
    "gender": "female",
    "language": "el",
    "country": "GR",
    "consent": "opted_in",
    "consent_source": "checkout",
    "consent_at": datetime(2026, 11, 12, 21, 30, tzinfo=UTC),  # 23:30 in Athens
    "birthday": date(1996, 11, 22),
    "created_at": datetime(2026, 10, 23, 22, 30, tzinfo=UTC),  # in Athens already the 24th, half an hour after midnight
    "updated_at": datetime(2026, 11, 20, 10, tzinfo=UTC),
    "fields": {"size": 43, "city": "Athens", "since": "2026-11-01", "vip": True},
}
BOB = {
    "first_name": "Bob",
    "last_name": "annand",
    "email": "bob@EXAMPLE.com",
    "gender": "male",
    "language": "pt-BR",
    "country": "DE",
    "consent": "opted_out",
    "consent_source": "import",
    "consent_at": datetime(2025, 1, 1, 12, tzinfo=UTC),
    "birthday": date(2000, 2, 29),
    "created_at": datetime(2026, 10, 23, 20, tzinfo=UTC),
    "updated_at": datetime(2026, 11, 22, 9, tzinfo=UTC),
    "fields": {"size": 38.5, "city": "Άθήνα", "since": "2026-12-01", "vip": False},
}
NOBODY: dict[str, Any] = {
    "first_name": "",
    "country": "",
    "consent": "unknown",
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
    "updated_at": datetime(2020, 1, 1, tzinfo=UTC),
}
NAMES = {"A": "Anna", "B": "Bob", "-": ""}


@pytest.fixture
def store(store: Store) -> Store:
    """A store of three: one has everything, one has it otherwise, one has nothing."""
    custom = {"size": "number", "city": "text", "since": "date", "vip": "yes_no"}
    Store.objects.filter(pk=store.pk).update(custom_fields=custom)
    for columns in (ANNA, BOB, NOBODY):
        ContactFactory.create(store=store, **columns)
    ContactFactory.create(store=StoreFactory.create(), **ANNA)
    return Store.objects.get(pk=store.pk)


def met(store: Store, said: Any, at: datetime = NOW) -> str:
    """Initials of those who meet rules as the API has them."""
    sight = sight_of(store, at=at)
    stored = of_rules(parse(said, sight=sight), sight=sight)
    rows = audience.people(store_id=store.pk, audience=stored, kind="marketing")
    return "".join(row.first_name[:1] or "-" for row in rows)


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("everybody", {"is": "anybody"}, "AB-"),
    ("first_name", {"is": "anna"}, "A"),
    ("first_name", {"is": ["ANNA", "bob"]}, "AB"),
    ("first_name", {"is_not": "Anna"}, "B"),
    ("first_name", {"contains": "NN"}, "A"),
    ("first_name", {"contains": "%"}, ""),
    ("first_name", {"contains": "_"}, ""),
    ("first_name", {"starts_with": "b"}, "B"),
    ("first_name", {"is_set": True}, "AB"),
    ("first_name", {"is_set": False}, "-"),
    ("last_name", {"starts_with": "Ann"}, "B"),
    ("email", {"ends_with": "@example.COM"}, "B"),
    ("email", {"is_set": True}, "AB"),
    ("email", {"is_set": False}, "-"),
    ("gender", {"is": "female"}, "A"),
    ("gender", {"is": ["female", "male"]}, "AB"),
    ("gender", {"is_not": "female"}, "B"),
    ("gender", {"is_set": False}, "-"),
    ("language", {"is": "pt"}, "B"),
    ("language", {"is": "pt-br"}, "B"),
    ("language", {"is": "pt-PT"}, ""),
    ("language", {"is_not": "pt"}, "A"),
    ("country", {"is": ["GR", "CY"]}, "A"),
    ("country", {"is_not": "GR"}, "B"),
    ("country", {"is_set": False}, "-"),
    ("consent", {"is": "unknown"}, "-"),
    ("consent", {"is_not": "opted_out"}, "A-"),
    ("consent_source", {"is": "checkout"}, "A"),
    ("consent_date", {"in_last_days": 10}, "A"),
    ("consent_date", {"in_last_days": 9}, ""),
    ("consent_date", {"more_than_days_ago": 10}, "B"),
    ("consent_date", {"more_than_days_ago": 9}, "AB"),
    ("consent_date", {"from": "2026-11-12"}, "A"),
    ("consent_date", {"until": "2026-11-11"}, "B"),
    ("consent_date", {"is_set": False}, "-"),
    ("created", {"from": "2026-10-24"}, "A"),
    ("created", {"until": "2026-10-23"}, "B-"),
    ("created", {"in_last_days": 29}, "A"),
    ("created", {"in_last_days": 30}, "AB"),
    ("created", {"more_than_days_ago": 30}, "-"),
    ("updated", {"in_last_days": 0}, "B"),
    ("updated", {"in_last_days": 2}, "AB"),
    ("birthday", {"in_month": 11}, "A"),
    ("birthday", {"in_month": [2, 11]}, "AB"),
    ("birthday", {"in_month": "this"}, "A"),
    ("birthday", {"in_month": "next"}, ""),
    ("birthday", {"between": ["02-29", "02-29"]}, "B"),
    ("birthday", {"between": ["11-01", "03-01"]}, "AB"),
    ("birthday", {"between": ["03-01", "11-01"]}, ""),
    ("birthday", {"around_today": [0, 0]}, "A"),
    ("birthday", {"around_today": [1, 98]}, "B"),
    ("birthday", {"around_today": [1, 97]}, ""),
    ("birthday", {"around_today": [-3, -1]}, ""),
    ("birthday", {"is_set": False}, "-"),
    ("age", {"at_least": 30}, "A"),
    ("age", {"at_least": 31}, ""),
    ("age", {"at_most": 29}, "B"),
    ("age", {"between": [26, 30]}, "AB"),
    ("fields.size", {"is": 43}, "A"),
    ("fields.size", {"is": 38.5}, "B"),
    ("fields.size", {"is_not": 43}, "B"),
    ("fields.size", {"at_least": 38.5}, "AB"),
    ("fields.size", {"at_most": 38.5}, "B"),
    ("fields.size", {"between": [40, 43.0]}, "A"),
    ("fields.size", {"is_set": False}, "-"),
    ("fields.city", {"is": "athens"}, "A"),
    ("fields.city", {"is_not": "athens"}, "B"),
    ("fields.city", {"contains": "ΘΉ"}, "B"),
    ("fields.city", {"starts_with": "ath"}, "A"),
    ("fields.city", {"is_set": True}, "AB"),
    ("fields.city", {"is_set": False}, "-"),
    ("fields.since", {"from": "2026-11-01"}, "AB"),
    ("fields.since", {"until": "2026-11-01"}, "A"),
    ("fields.since", {"in_last_days": 21}, "A"),
    ("fields.since", {"in_last_days": 20}, ""),
    ("fields.since", {"in_next_days": 9}, "B"),
    ("fields.since", {"in_next_days": 8}, ""),
    ("fields.since", {"more_than_days_ago": 20}, "A"),
    ("fields.since", {"is_set": False}, "-"),
    ("fields.vip", {"is": True}, "A"),
    ("fields.vip", {"is": False}, "B"),
    ("fields.vip", {"is_set": True}, "AB"),
]


@pytest.mark.parametrize(("rule", "asked", "expected"), CASES)
def test_who_meets_a_rule_and_who_does_not(store: Store, rule: str, asked: dict[str, Any], expected: str) -> None:
    leaf = {"rule": rule, **asked}
    others = "".join(one for one in "AB-" if one not in expected)

    assert met(store, leaf) == expected
    assert met(store, {"not": leaf}) == others
    assert met(store, {"not": {"not": leaf}}) == expected


def test_whoever_lacks_a_value_is_in_no_comparison_and_in_every_opposite(store: Store) -> None:
    assert met(store, {"rule": "gender", "is_not": ["male"]}) == "A"
    assert met(store, {"not": {"rule": "gender", "is": ["male"]}}) == "A-"
    assert met(store, {"not": {"rule": "birthday", "in_month": 3}}) == "AB-"
    assert met(store, {"not": {"or": [{"rule": "age", "at_least": 0}, {"rule": "fields.size", "at_least": 0}]}}) == "-"
    assert met(store, {"not": {"and": [{"rule": "age", "at_most": 120}, {"rule": "fields.vip", "is": True}]}}) == "B-"


def test_groups_are_read_as_written(store: Store) -> None:
    anna, bob = {"rule": "first_name", "is": "Anna"}, {"rule": "gender", "is": "male"}

    assert met(store, {"and": [anna, bob]}) == ""
    assert met(store, {"or": [anna, bob]}) == "AB"
    assert met(store, {"not": {"or": [anna, bob]}}) == "-"
    assert met(store, {"not": {"and": [anna, {"not": bob}]}}) == "B-"


def test_the_same_rules_choose_others_on_another_day(store: Store) -> None:
    birthday = {"rule": "birthday", "around_today": [0, 0]}
    ages = {"rule": "age", "at_least": 27}

    assert met(store, birthday, at=datetime(2026, 11, 22, 22, 30, tzinfo=UTC)) == ""  # in Athens the 23rd
    assert met(store, birthday, at=datetime(2027, 2, 28, 10, tzinfo=UTC)) == "B"
    assert met(store, birthday, at=datetime(2028, 2, 28, 10, tzinfo=UTC)) == ""
    assert met(store, birthday, at=datetime(2028, 2, 29, 10, tzinfo=UTC)) == "B"
    assert met(store, ages, at=datetime(2027, 2, 27, 10, tzinfo=UTC)) == "A"
    assert met(store, ages, at=datetime(2027, 2, 28, 10, tzinfo=UTC)) == "AB"


def test_lists(store: Store) -> None:
    anna = Contact.objects.get(store=store, first_name="Anna")
    listed = api_id(ContactListFactory.create(store=store, contacts=[anna]))
    empty = api_id(ContactListFactory.create(store=store))

    assert met(store, {"rule": "list", "on": listed}) == "A"
    assert met(store, {"rule": "list", "not_on": listed}) == "B-"
    assert met(store, {"not": {"rule": "list", "not_on": listed}}) == "A"
    assert met(store, {"rule": "list", "on": empty}) == ""
    assert met(store, {"rule": "list", "not_on": empty}) == "AB-"


def test_suppressions_of_the_store_and_of_all(store: Store, other_store: Store) -> None:
    people = {row.first_name: row.phone_hash for row in Contact.objects.filter(store=store)}
    said = {"reason": "staff", "source": "test"}
    Suppression.objects.create(store=store, phone_hash=people["Anna"], **said)
    Suppression.objects.create(store=None, phone_hash=people["Bob"], **said)
    Suppression.objects.create(store=other_store, phone_hash=people[""], **said)

    assert met(store, {"rule": "suppressed", "is": True}) == "AB"
    assert met(store, {"rule": "suppressed", "is": False}) == "-"
    assert met(store, {"not": {"rule": "suppressed", "is": True}}) == "-"


@pytest.fixture
def past(store: Store) -> Campaign:
    """A campaign of the 13th that Anna got, that did not reach Bob, and that did not go to the third."""
    campaign = CampaignFactory.create(store=store, credits=0)
    Campaign.objects.filter(pk=campaign.pk).update(started_at=datetime(2026, 11, 12, 22, tzinfo=UTC))
    for name, status in (("Anna", "delivered"), ("Bob", "undelivered")):
        contact = Contact.objects.get(store=store, first_name=name)
        CampaignRecipient.objects.create(
            store=store, campaign=campaign, contact=contact, batch_id=1, phone=contact.phone, status=status, parts=1,
            credits=1,
        )  # fmt: skip
    return campaign


@pytest.mark.parametrize(
    ("rule", "expected", "others"), [("sent", "AB", "-"), ("delivered", "A", "B-"), ("not_delivered", "B", "A-")]
)
def test_past_campaigns(store: Store, past: Campaign, rule: str, expected: str, others: str) -> None:
    one = {"rule": rule, "campaign": public_id(past.pk, kind="cmp")}
    lately, before = {"rule": rule, "in_last_days": 9}, {"rule": rule, "in_last_days": 8}

    assert [met(store, one), met(store, {"not": one})] == [expected, others]
    assert [met(store, lately), met(store, {"not": lately})] == [expected, others]
    assert [met(store, before), met(store, {"not": before})] == ["", "AB-"]


def test_values_of_another_type_are_no_values(store: Store) -> None:
    stale = {"size": "43", "since": "soon", "vip": "true", "city": None}
    Contact.objects.filter(store=store).update(fields=stale)

    for rule, asked in (
        ("fields.size", {"at_least": -1e15}),
        ("fields.size", {"is_not": 7}),
        ("fields.since", {"from": "1900-01-01"}),
        ("fields.since", {"more_than_days_ago": 0}),
        ("fields.vip", {"is": True}),
        ("fields.city", {"contains": "u"}),
    ):
        assert met(store, {"rule": rule, **asked}) == "", rule
        assert met(store, {"not": {"rule": rule, **asked}}) == "AB-", rule
