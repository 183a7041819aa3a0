"""What is understood as rules, and what is refused."""

from typing import Any

import pytest
from django.utils import timezone

from audiences.models import Store
from audiences.segments.count import explain
from audiences.segments.grammar import parse, says, show, troubles
from audiences.segments.registry import (
    RULES,
    SYSTEM,
    SystemSegment,
    catalogue,
    register,
    register_system,
    rule_named,
)
from audiences.segments.sight import Sight, sight_of
from config.problems import InvalidFields
from tests.factories import CampaignFactory, ContactListFactory, api_id

pytestmark = pytest.mark.django_db
CUSTOM = {"size": "number", "city": "text", "since": "date", "vip": "yes_no"}


@pytest.fixture
def sight(store: Store) -> Sight:
    return sight_of(store, at=timezone.now())._replace(custom=CUSTOM)


def codes(rules: Any, sight: Sight) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFields) as refusal:
        parse(rules, sight=sight)
    return [(error["pointer"].removeprefix("#/rules"), error["code"]) for error in refusal.value.facts["errors"]]


@pytest.mark.parametrize(
    ("leaf", "at", "code"),
    [
        ({"rule": "shoe"}, "/rule", "unknown_rule"),
        ({"rule": 7, "is": 1}, "/rule", "unknown_rule"),
        ({"rule": ["age"], "is": 1}, "/rule", "unknown_rule"),
        ({"rule": "fields.colour", "is": "red"}, "/rule", "unknown_rule"),
        ({"rule": "age"}, "", "unknown_operator"),
        ({"rule": "age", "above": 3}, "", "unknown_operator"),
        ({"rule": "age", "at_least": 18, "at_most": 20}, "", "unknown_operator"),
        ({"rule": "fields.vip", "at_least": 1}, "", "unknown_operator"),
        ({"rule": "age", "at_least": True}, "/at_least", "bad_number"),
        ({"rule": "age", "at_least": 18.5}, "/at_least", "bad_number"),
        ({"rule": "age", "at_least": 121}, "/at_least", "bad_number"),
        ({"rule": "age", "between": [30, 20]}, "/between", "bad_order"),
        ({"rule": "age", "between": [30]}, "/between", "bad_pair"),
        ({"rule": "age", "between": 30}, "/between", "bad_pair"),
        ({"rule": "birthday", "in_month": 13}, "/in_month", "bad_month"),
        ({"rule": "birthday", "in_month": 3.0}, "/in_month", "bad_month"),
        ({"rule": "birthday", "in_month": "last"}, "/in_month", "bad_month"),
        ({"rule": "birthday", "in_month": []}, "/in_month", "bad_list"),
        ({"rule": "birthday", "between": ["02-30", "03-01"]}, "/between", "bad_day"),
        ({"rule": "birthday", "between": ["2-3", "03-01"]}, "/between", "bad_day"),
        ({"rule": "birthday", "around_today": [-181, 0]}, "/around_today", "bad_number"),
        ({"rule": "birthday", "is_set": 1}, "/is_set", "bad_yes_no"),
        ({"rule": "created", "from": "22.11.2026"}, "/from", "bad_date"),
        ({"rule": "created", "from": "20261122"}, "/from", "bad_date"),
        ({"rule": "created", "from": "1899-12-31"}, "/from", "bad_date"),
        ({"rule": "created", "in_last_days": -1}, "/in_last_days", "bad_number"),
        ({"rule": "created", "in_last_days": 10**9}, "/in_last_days", "bad_number"),
        ({"rule": "gender", "is": "woman"}, "/is", "bad_choice"),
        ({"rule": "gender", "is": [["female"]]}, "/is", "bad_choice"),
        ({"rule": "country", "is": "Greece"}, "/is", "bad_country"),
        ({"rule": "language", "is": "Greek language"}, "/is", "bad_language"),
        ({"rule": "first_name", "is": " "}, "/is", "bad_text"),
        ({"rule": "first_name", "contains": "x" * 201}, "/contains", "bad_text"),
        ({"rule": "first_name", "is": ["x"] * 101}, "/is", "bad_list"),
        ({"rule": "fields.size", "is": "43"}, "/is", "bad_number"),
        ({"rule": "fields.size", "at_least": float("nan")}, "/at_least", "bad_number"),
        ({"rule": "fields.size", "at_least": 1e16}, "/at_least", "bad_number"),
        ({"rule": "list", "on": 7}, "/on", "unknown_id"),
        ({"rule": "list", "on": "lst_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "/on", "unknown_id"),
        ({"rule": "sent", "campaign": "lst_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "/campaign", "unknown_id"),
        ({"rule": "everybody", "is": True}, "/is", "bad_choice"),
        ({"and": [], "or": []}, "", "bad_rule"),
        ({"and": {}}, "/and", "empty_group"),
        ({"not": []}, "/not", "bad_rule"),
        ({"neither": []}, "", "bad_rule"),
    ],
)
def test_what_is_not_understood_is_refused_at_its_place(sight: Sight, leaf: Any, at: str, code: str) -> None:
    assert codes(leaf, sight) == [(at, code)]
    assert codes({"and": [{"not": leaf}]}, sight) == [(f"/and/0/not{at}", code)]


def test_groups_stand_eight_deep_and_not_deeper(sight: Sight) -> None:
    rules: dict[str, Any] = {"rule": "age", "at_least": 18}
    for _ in range(8):
        rules = {"not": rules}

    assert parse(rules, sight=sight) == rules
    assert codes({"not": rules}, sight) == [("/not" * 9, "too_deep")]


def test_fifty_rules_are_enough(sight: Sight) -> None:
    twenty_five = {"or": [{"rule": "age", "at_least": age} for age in range(25)]}

    assert parse({"and": [twenty_five, twenty_five]}, sight=sight)
    assert codes({"and": [twenty_five, twenty_five, twenty_five]}, sight) == [("", "too_many_rules")]
    assert codes({"or": twenty_five["or"] * 3}, sight) == [("/or", "empty_group")]


def test_one_value_is_kept_as_a_list_of_one(sight: Sight) -> None:
    assert parse({"rule": "country", "is": "GR"}, sight=sight) == {"rule": "country", "is": ["GR"]}


def test_ids_are_kept_as_keys_and_shown_as_ids(store: Store, sight: Sight) -> None:
    listed = ContactListFactory.create(store=store)
    said = {"or": [{"rule": "list", "not_on": api_id(listed)}, {"not": {"rule": "birthday", "is_set": True}}]}

    stored = parse(said, sight=sight)

    assert stored == {"or": [{"rule": "list", "not_on": listed.pk}, {"not": {"rule": "birthday", "is_set": True}}]}
    assert show(stored, sight=sight) == said


def test_a_field_that_changed_its_type_is_trouble(sight: Sight) -> None:
    stored = {"and": [{"rule": "fields.size", "at_least": 40}, {"rule": "fields.city", "is": ["Athens"]}]}

    found = troubles(stored, sight=sight._replace(custom={"size": "text"}))

    assert [(trouble.at, trouble.code) for trouble in found] == [
        ("/and/0", "unknown_operator"), ("/and/1/rule", "unknown_rule"),
    ]  # fmt: skip
    assert troubles(stored, sight=sight) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"rule": "everybody", "is": "anybody"}, "Every contact"),
        ({"rule": "gender", "is": ["female", "other"]}, "Gender is female or other"),
        ({"rule": "first_name", "contains": "nn"}, "First name contains “nn”"),
        ({"rule": "email", "is_set": False}, "E-mail is not known"),
        ({"rule": "age", "between": [25, 34]}, "Age is 25 to 34"),
        ({"rule": "birthday", "in_month": ["this", 3]}, "Birthday in this month or March"),
        ({"rule": "birthday", "around_today": [-3, 7]}, "Birthday from -3 to 7 days from today"),
        ({"rule": "created", "in_last_days": 30}, "Added in the last 30 days"),
        ({"rule": "consent", "is_not": ["opted_out"]}, "Consent is not opted out"),
        ({"rule": "suppressed", "is": False}, "Not on the suppression list"),
        ({"rule": "fields.vip", "is": True}, "Vip is yes"),
        ({"rule": "sent", "in_last_days": 7}, "Was sent any campaign of the last 7 days"),
        ({"or": [{"not": {"rule": "age", "at_least": 18}}]}, "not (Age is 18 or more)"),
    ],
)
def test_rules_are_told_in_words(sight: Sight, rules: Any, expected: str) -> None:
    assert says(rules, sight=sight) == expected


def test_named_things_are_told_by_their_names(store: Store, sight: Sight) -> None:
    listed = ContactListFactory.create(store=store, name="VIP")
    campaign = CampaignFactory.create(store=store, name="Spring", credits=0)
    rules = {"and": [{"rule": "list", "on": listed.pk}, {"rule": "delivered", "campaign": campaign.pk}]}

    assert says(rules, sight=sight) == "(On the list “VIP”) and (Received “Spring”)"
    assert [told.at for told in explain(rules, sight=sight)] == ["", "/and/0", "/and/1"]


def test_names_are_registered_once() -> None:
    with pytest.raises(ValueError, match="age is there"):
        register(RULES["age"])
    with pytest.raises(ValueError, match=r"fields\.age is there"):
        register(RULES["age"]._replace(name="fields.age"))
    with pytest.raises(ValueError, match="women is there"):
        register_system(SystemSegment("women", "", "", {}))


def test_every_rule_says_what_it_takes() -> None:
    for rule in catalogue(custom=CUSTOM):
        for operator in rule.operators.values():
            assert operator.takes.name
            assert operator.says.format(what=rule.what, value="x")


def test_every_system_segment_is_understood(sight: Sight) -> None:
    assert [key for key, segment in SYSTEM.items() if troubles(segment.rules, sight=sight)] == []


def test_a_custom_field_is_no_rule_of_another_store() -> None:
    assert rule_named("fields.size", custom={}) is None
    assert rule_named("fields.size", custom=CUSTOM) is not None
