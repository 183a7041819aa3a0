"""Phones are E.164 or refused with a code."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiences.phones import BadPhone, Phone, judge, mask, normalise, phone_hash


@pytest.mark.parametrize(
    "written",
    [
        "6941234567",
        "694 123 4567",
        "694-123-4567",
        "(694) 1234567",
        "+306941234567",
        "+30 694 123 4567",
        "00306941234567",
        "0030 694.123.4567",
        " 6941234567 ",
        "306941234567",
        "694\u00a0123\u00a04567",
        "+30 694/1234567",
        "＋30 ６９４１２３４５６７",
        "\u202a+306941234567\u202c",
    ],
)
def test_one_number_written_in_many_ways_is_one_phone(written: str) -> None:
    assert normalise(written, country="GR") == Phone("+306941234567", "GR")


@pytest.mark.parametrize(
    ("written", "country", "phone"),
    [
        ("+4915123456789", "GR", Phone("+4915123456789", "DE")),
        ("0151 23456789", "DE", Phone("+4915123456789", "DE")),
        ("347 1234567", "IT", Phone("+393471234567", "IT")),
        ("06 12 34 56 78", "FR", Phone("+33612345678", "FR")),
        ("07400 123456", "GB", Phone("+447400123456", "GB")),
        ("+1 201 555 0123", "GR", Phone("+12015550123", "US")),
        ("99 123456", "CY", Phone("+35799123456", "CY")),
    ],
)
def test_numbers_are_read_as_written_in_their_country(written: str, country: str, phone: Phone) -> None:
    assert normalise(written, country=country) == phone


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("\t", "empty"),
        ("-", "empty"),
        ("call me", "not_a_number"),
        ("694123456O", "not_a_number"),
        ("6.94123E+09", "not_a_number"),
        ("6941234567 ext 5", "not_a_number"),
        ("6941234567#1", "not_a_number"),
        ("6941234567\x00", "not_a_number"),
        ("1-800-FLOWERS", "not_a_number"),
        ("+", "not_a_number"),
        ("12", "too_short"),
        ("69412", "too_short"),
        ("694123456", "too_short"),
        ("69412345678", "too_long"),
        ("6" * 300, "too_long"),
        ("+999 123456789", "unknown_country"),
        ("+870773111632", "unknown_country"),
        ("2101234567", "not_mobile"),
        ("+442079460000", "not_mobile"),
        ("8001234567", "not_mobile"),
        ("6141234567", "invalid"),
        ("6941234567 / 6947654321", "too_long"),
    ],
)
def test_a_bad_number_is_refused_with_its_code(written: str, code: str) -> None:
    with pytest.raises(BadPhone) as refusal:
        normalise(written, country="GR")

    assert refusal.value.code == code


def _outcome(way: object, text: str, country: str) -> Phone | str:
    try:
        return way(text, country=country)  # type: ignore[operator]
    except BadPhone as error:
        return error.code


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
DIALLED = st.sampled_from(["", "00", "+", "0", "+30", "0030", "30", "+49", "0049", "+370", "8", "+36", "06"])
DIGITS = st.text("0123456789", min_size=3, max_size=13) | st.from_regex(
    r"(69[0-9]|15|3[0-9]{2})[0-9]{6,8}", fullmatch=True
)


@settings(max_examples=600, deadline=None)
@given(
    prefix=DIALLED, digits=DIGITS, country=st.sampled_from(["GR", "CY", "DE", "FR", "ES", "IT", "PL", "HU", "LT", "MX"])
)
def test_the_quick_way_agrees_with_the_library(prefix: str, digits: str, country: str) -> None:
    assert _outcome(normalise, prefix + digits, country) == _outcome(judge, prefix + digits, country)


@pytest.mark.parametrize("form", [phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.NATIONAL])
def test_both_ways_agree_on_the_example_number_of_every_country_and_type(form: int) -> None:
    kinds = range(11)
    examples = [
        (region, phonenumbers.format_number(number, form))
        for region in REGIONS
        for kind in kinds
        if (number := phonenumbers.example_number_for_type(region, kind))
    ]

    differing = [
        pair for pair in examples if _outcome(normalise, pair[1], pair[0]) != _outcome(judge, pair[1], pair[0])
    ]

    assert len(examples) > 1000
    assert differing == []


def test_the_hash_is_keyed_and_the_same_for_the_same_phone(settings: object) -> None:
    before = phone_hash("+306941234567")
    again = phone_hash("+306941234567")
    settings.SUPPRESSION_KEY = "another key"  # type: ignore[attr-defined]
    with_another_key = phone_hash("+306941234567")

    assert len(before) == 16
    assert before == again
    assert before != with_another_key
    assert before != phone_hash("+306941234568")


def test_a_masked_phone_keeps_its_ends_only() -> None:
    assert mask("+306941234567") == "+306*******67"
