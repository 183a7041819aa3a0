"""Costly characters: named, counted over everybody, and what would save them is what it would really cost."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Contact, Store
from billing.models import Price
from campaigns.drafts import Draft
from campaigns.models import Quote
from campaigns.quotes import make_quote
from tests.factories import ContactFactory, StoreFactory

pytestmark = pytest.mark.django_db
EVERYBODY = {"kind": "all", "exclude": []}


def quoted(store: Store, message: str, **draft: Any) -> Quote:
    return make_quote(store=store, draft=Draft(message, **{"kind": "marketing", "audience": EVERYBODY, **draft}))


def names(store: Store, *given_names: str) -> None:
    for name in given_names:
        ContactFactory.create(store=store, first_name=name)


def test_a_plain_message_needs_no_advice(store: Store) -> None:
    names(store, "Eleni")

    assert quoted(store, "Hi {{first_name}}").advice == {"characters": [], "values": [], "options": []}


def test_names_the_characters_of_the_text_and_where_they_are(store: Store) -> None:
    names(store, "Eleni")

    advice = quoted(store, "“Sale” {{first_name|φ}} 5€", opt_out_text="Stop – STOP").advice

    found = {(one["character"], one["place"], one["effect"], one["replacement"]) for one in advice["characters"]}
    assert found == {
        ("“", "message", "ucs2", '"'),
        ("”", "message", "ucs2", '"'),
        ("φ", "message", "ucs2", "Φ"),
        ("€", "message", "double", None),
        ("–", "opt_out_text", "ucs2", "-"),
    }


def test_signs_that_read_the_same_are_replaced_with_one_click(store: Store) -> None:
    names(store, "Eleni", "Nick")

    [option] = quoted(store, "“" + "x" * 100 + "”").advice["options"]

    assert option == {
        "change": "signs",
        "message": '"' + "x" * 100 + '"',
        "plain_values": False,
        "parts": 2,
        "credits": 2,
        "saved_parts": 2,
        "saved_credits": 2,
    }


def test_letters_are_another_option_than_signs(store: Store) -> None:
    names(store, "Eleni")

    options = quoted(store, "Καλό “ΠΑΣΧΑ” " + "!" * 80).advice["options"]

    assert [(one["change"], one["message"][:14], one["saved_credits"]) for one in options] == [
        ("letters", 'KAΛO "ΠAΣXA" !', 1)
    ]


def test_says_what_names_cost_and_for_how_many(store: Store) -> None:
    names(store, "Eleni", "Nick", "", "Zoë", "Zoë", "Ωμέγα", "Иван")
    Price.objects.create(country="GR", credits_per_part=3)

    advice = quoted(store, "Hi {{first_name|there}} " + "x" * 100).advice

    [field] = advice["values"]
    assert (field["field"], field["recipients"], field["of"], field["parts"], field["credits"]) == (
        "first_name",
        4,
        6,
        4,
        12,
    )
    assert [one["times"] for one in field["characters"] if one["character"] == "ë"] == [2]
    assert [(one["change"], one["plain_values"], one["saved_credits"]) for one in advice["options"]] == [
        ("values", True, 9)
    ]


def test_names_cost_nothing_more_in_a_message_that_is_dear_anyway(store: Store) -> None:
    names(store, "Zoë")

    assert quoted(store, "Привет {{first_name}}" + "!" * 90).advice["values"] == []


def test_names_that_change_no_message_are_not_mentioned(store: Store) -> None:
    names(store, "Zoë")

    assert quoted(store, "Hi {{first_name}}").advice["values"] == []


def test_a_message_that_would_get_too_long_is_no_option(store: Store) -> None:
    names(store, "Eleni")

    assert quoted(store, "…" * 1600).advice["options"] == []


NAMES = st.text(alphabet="Elë' -ΩώЖ€😀\u0301\u200d", max_size=12)
MESSAGES = st.sampled_from(
    [
        "Hi {{first_name|φίλε}} {{last_name}}" + "x" * 120,
        "“{{first_name}}” €" + "y" * 60,
        "Γεια {{last_name}}" + "ά" * 60,
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(st.tuples(NAMES, NAMES), max_size=6), message=MESSAGES, opt_out=st.sampled_from(["", "Stop…"]))
def test_an_option_costs_what_it_says(db: None, people: list[tuple[str, str]], message: str, opt_out: str) -> None:
    store = StoreFactory.create(opt_out_text=opt_out)
    for first, last in people:
        ContactFactory.create(store=store, first_name=first, last_name=last)
    quote = quoted(store, message, opt_out_text=opt_out)

    for option in quote.advice["options"]:
        taken = quoted(store, option["message"], plain_values=option["plain_values"], opt_out_text=opt_out)
        assert (taken.parts, taken.credits) == (option["parts"], option["credits"])
        assert option["saved_parts"] == quote.parts - taken.parts > 0
    assert Contact.objects.filter(store=store).count() == quote.recipients
