"""Writing segments in the console: a form that needs no script, and that refuses with a code at the place."""

import re
from typing import Any

import pytest
from django.test import Client

from audiences.models import Segment, Store
from config.models import AuditEvent
from tests.console.conftest import as_member
from tests.console.segment_form import RULE, WOMEN, address, chosen, sent, typed
from tests.factories import ContactFactory, ContactListFactory, SegmentFactory, api_id


def test_a_segment_is_made_by_a_form_without_scripts(store: Store, owner: Client) -> None:
    place = ContactListFactory.create(store=store)
    rules: dict[str, Any] = {
        "k-0": "or",
        "k-1": "rule",
        "p-1": "0",
        "r-1": "gender:is",
        "v-1": ["female", "other"],
        "k-2": "and",
        "p-2": "0",
        "n-2": "on",
        "k-3": "rule",
        "p-3": "2",
        "r-3": "age:between",
        "v-3": ["18", "24"],
        "k-4": "rule",
        "p-4": "2",
        "r-4": "list:on",
        "v-4": api_id(place),
        "k-5": "rule",
        "p-5": "2",
        "r-5": "first_name:is",
        "v-5": "Anna, Άννα",
        "n-5": "on",
        "k-6": "rule",
        "p-6": "2",
        "r-6": "suppressed:is",
        "v-6": "true",
    }

    answer = sent(owner, "/segments/new", store, **rules)

    segment = Segment.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{address(segment)}?saved=1")
    assert (segment.store_id, segment.name) == (store.pk, "Regulars")
    assert segment.rules == {
        "or": [
            {"rule": "gender", "is": ["female", "other"]},
            {
                "not": {
                    "and": [
                        {"rule": "age", "between": [18, 24]},
                        {"rule": "list", "on": place.pk},
                        {"not": {"rule": "first_name", "is": ["Anna", "Άννα"]}},
                        {"rule": "suppressed", "is": True},
                    ]
                }
            },
        ]
    }
    assert AuditEvent.objects.filter(action="segment.create").count() == 1


def test_what_is_drawn_is_what_is_stored(store: Store, owner: Client) -> None:
    """Opened and saved untouched, the rules are the same: none of them is lost in the form."""
    rules = {
        "and": [
            {"rule": "birthday", "in_month": ["this", 3]},
            {"rule": "birthday", "between": ["12-20", "01-06"]},
            {"rule": "created", "from": "2026-01-01"},
            {"not": {"or": [{"rule": "country", "is": ["GR", "CY"]}, {"rule": "email", "is_set": False}]}},
        ]
    }
    segment = SegmentFactory.create(store=store, name="Regulars", rules=rules)
    body = owner.get(address(segment)).content.decode()

    answer = sent(owner, address(segment), store, **typed(body))

    segment.refresh_from_db()
    assert answer.status_code == 302
    assert segment.rules == rules


@pytest.mark.parametrize(
    ("do", "rules"),
    [
        ("rule:0", [("1", "gender:is"), ("2", "")]),
        ("group:0", [("1", "gender:is"), ("3", "")]),
        ("remove:1", []),
        ("remove:0", [("1", "gender:is")]),
        ("remove:77", [("1", "gender:is")]),
    ],
)
def test_rules_and_groups_come_and_go_without_scripts(
    store: Store, owner: Client, do: str, rules: list[tuple[str, str]]
) -> None:
    body = sent(owner, "/segments/new", store, do, **WOMEN).content.decode()

    assert chosen(body) == rules
    assert not Segment.objects.exists()


def test_counting_saves_nothing(store: Store, owner: Client) -> None:
    ContactFactory.create(store=store, gender="female")
    segment = SegmentFactory.create(store=store, rules={"rule": "gender", "is": ["male"]})

    body = sent(owner, address(segment), store, "look", **WOMEN).content.decode()

    segment.refresh_from_db()
    assert '<b class="number">1</b>' in body
    assert segment.rules == {"rule": "gender", "is": ["male"]}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"r-1": "age:at_least", "v-1": "old"}, "bad_number"),
        ({"r-1": "", "v-1": ""}, "unknown_rule"),
        ({"r-1": "fields.gone:is", "v-1": "x"}, "unknown_rule"),
        ({"r-1": "list:on", "v-1": "lst_aaaaaaaaaaaaaaaaaaaaaaaaaa"}, "unknown_id"),
        ({"r-1": "birthday:between", "v-1": ["12-31", ""]}, "bad_day"),
        ({"r-1": "gender:is"}, "bad_list"),
        ({"r-1": "created:from", "v-1": "yesterday"}, "bad_date"),
    ],
)
def test_what_is_not_understood_is_said_at_its_rule(
    store: Store, owner: Client, rule: dict[str, Any], fault: str
) -> None:
    answer = sent(owner, "/segments/new", store, **{**RULE, **rule})

    assert answer.status_code == 400
    assert re.search(rf'id="fault-1" role="alert">[^<]+<span[^>]*>{fault}<', answer.content.decode())
    assert not Segment.objects.exists()


def test_an_empty_group_is_said_at_the_group(store: Store, owner: Client) -> None:
    answer = sent(owner, "/segments/new", store, **WOMEN, **{"k-2": "or", "p-2": "0"})

    assert re.search(r'id="fault-2" role="alert">[^<]+<span[^>]*>empty_group<', answer.content.decode())


def test_a_name_that_is_taken_or_missing_is_refused_with_its_code(store: Store, owner: Client) -> None:
    SegmentFactory.create(store=store, name="Regulars")

    taken = sent(owner, "/segments/new", store, **WOMEN)
    missing = sent(owner, "/segments/new", store, name="", **WOMEN)

    assert (taken.status_code, missing.status_code) == (409, 400)
    assert b"(CONFLICT)" in taken.content
    assert b"(VALIDATION_ERROR)" in missing.content
    assert chosen(taken.content.decode()) == [("1", "gender:is")]
    assert Segment.objects.count() == 1


@pytest.mark.parametrize("mess", [{}, {"k-9999": "and"}, {"k-0": "xor"}, {"k-0": "and", "k-1": "rule", "p-1": "x"}])
def test_a_form_that_nobody_drew_is_refused_quietly(store: Store, owner: Client, mess: dict[str, str]) -> None:
    assert sent(owner, "/segments/new", store, **mess).status_code == 400


def test_another_stores_segment_is_not_written(store: Store, other_store: Store) -> None:
    segment = SegmentFactory.create(store=store, name="Ours")

    answer = sent(as_member(other_store), address(segment), other_store, **WOMEN)

    assert answer.status_code == 404
    segment.refresh_from_db()
    assert segment.name == "Ours"


def test_another_stores_list_is_nothing_to_choose_from(store: Store, other_store: Store, owner: Client) -> None:
    theirs = ContactListFactory.create(store=other_store, name="Their list")

    answer = sent(owner, "/segments/new", store, **RULE, **{"r-1": "list:on", "v-1": api_id(theirs)})

    assert answer.status_code == 400
    assert b"Their list" not in answer.content


def test_a_store_that_was_changed_in_another_tab_is_not_written_to(
    store: Store, other_store: Store, owner: Client
) -> None:
    answer = sent(owner, "/segments/new", other_store, **WOMEN)

    assert answer.status_code == 409
    assert not Segment.objects.exists()


def test_a_form_of_another_site_is_refused(store: Store, owner: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies

    assert sent(strict, "/segments/new", store, **WOMEN).status_code == 403
    assert not Segment.objects.exists()


def test_a_system_segment_is_not_written(store: Store, owner: Client) -> None:
    answer = sent(owner, "/segments/sys:women", store, **WOMEN)

    assert answer.status_code == 409
    assert b"CONFLICT" in answer.content
