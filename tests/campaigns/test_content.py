"""Placeholders, what may be written, and that counting a message equals counting its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.content import CONTACT_FIELDS, clean, parse, validate
from config.problems import InvalidFields
from providers.gsm import count

TEXT = st.text(alphabet="ab {}|%€[Ωςά\n👍🏽\u200déñ漢", max_size=90)
SLOT = st.sampled_from(["{{first_name}}", "{{ last_name|friend }}", "{{email|}}", "{{shoe}}"])
MESSAGE = st.lists(TEXT | SLOT, max_size=6).map("".join)
VALUES = st.fixed_dictionaries(dict.fromkeys(("first_name", "last_name", "email", "shoe"), TEXT))


def rendered(message: str, **values: str) -> str:
    content = parse(message)
    return content.render(content.values(values))


def refused(message: str, **custom: str) -> str:
    with pytest.raises(InvalidFields) as caught:
        validate(message, custom_fields=custom)
    [error] = caught.value.facts["errors"]
    assert error["pointer"] == "#/message"
    return error["code"]


def test_a_placeholder_becomes_the_contacts_value() -> None:
    assert rendered("Hi {{first_name}} {{ last_name }}!", first_name="Eleni", last_name="Papa") == "Hi Eleni Papa!"


def test_a_default_stands_in_for_an_empty_value_only() -> None:
    assert rendered("Hi {{first_name|there}}", first_name="") == "Hi there"
    assert rendered("Hi {{first_name|there}}", first_name="Eleni") == "Hi Eleni"
    assert rendered("Hi {{first_name|}}.") == "Hi ."


def test_without_default_and_value_nothing_is_written() -> None:
    content = parse("Hi {{first_name}}, {{last_name|you}}")

    assert content.render(content.values({"last_name": "P"})) == "Hi , P"
    assert content.lacks({"last_name": "P"})
    assert not content.lacks({"first_name": "E"})


def test_a_blank_value_counts_as_missing() -> None:
    assert parse("{{first_name}}").lacks({"first_name": " \t\n"})


def test_percent_signs_and_single_braces_stay() -> None:
    assert rendered("100% {off} %s %(x)s {{first_name}} 5%", first_name="%d") == "100% {off} %s %(x)s %d 5%"


def test_control_characters_of_a_value_become_one_space() -> None:
    assert clean("\x00Ele\r\tni\x1b[0m \x85") == "Ele ni [0m"
    assert clean("two\nlines") == "two\nlines"


def test_the_fields_of_a_message_are_named_once_in_their_order() -> None:
    content = parse("{{b}} {{a}} {{b|x}}")

    assert content.fields == ("b", "a")
    assert content.values({"a": "1", "b": ""}) == ("", "1", "x")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Hi {{nick_name}}", "unknown_placeholder"),
        ("Hi {{first name}}", "bad_placeholder"),
        ("Hi {{}}", "bad_placeholder"),
        ("Hi {{first_name", "bad_placeholder"),
        ("Hi first_name}}", "bad_placeholder"),
        ("Hi {{first_name|a|b}}", "bad_placeholder"),
        ("Hi {{{{first_name}}", "bad_placeholder"),
        ("a\x07b", "control_character"),
        ("a\x00b", "control_character"),
        ("a\x9bb", "control_character"),
        ("x" * 1601, "max_length"),
    ],
)
def test_what_cannot_be_filled_or_sent_is_refused(message: str, code: str) -> None:
    assert refused(message) == code


def test_a_custom_field_of_the_store_is_known() -> None:
    validate("{{shoe_size|42}} {{first_name}} {{language}}", custom_fields={"shoe_size": "number"})

    assert refused("{{shoe_size}}", hat_size="number") == "unknown_placeholder"


@pytest.mark.parametrize("field", CONTACT_FIELDS)
def test_every_contact_field_may_be_used(field: str) -> None:
    validate(f"{{{{{field}}}}}", custom_fields=())

    assert rendered(f"[{{{{{field}}}}}]", **{field: "x"}) == "[x]"


@pytest.mark.parametrize("message", ["x" * 1600, "", "two\nlines", "€ { } ~ }{", "{a} b}"])
def test_ordinary_texts_pass(message: str) -> None:
    validate(message, custom_fields=())

    assert rendered(message) == message


@given(message=MESSAGE, values=VALUES)
def test_counting_the_values_equals_counting_the_text(message: str, values: dict[str, str]) -> None:
    content = parse(message)
    filled = content.values(values)

    assert content.parts(filled) == count(content.render(filled)).parts


@given(message=TEXT.filter(lambda text: "{{" not in text))
def test_a_message_without_placeholders_is_its_own_rendering(message: str) -> None:
    assert rendered(message) == message
