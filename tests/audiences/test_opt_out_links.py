"""Tokens of opt-out links: of one length, ours alone, for years, and silent about everything else."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from audiences import short_codes
from audiences.opt_out_links import TOKEN_LENGTH, address, read, token
from config.base62 import ALPHABET
from providers.gsm import count

LARGEST = {"store_id": 2**24 - 1, "contact_id": 2**36 - 1}


@given(store_id=st.integers(1, 2**24 - 1), contact_id=st.integers(1, 2**36 - 1))
def test_what_is_written_is_read(store_id: int, contact_id: int) -> None:
    text = token(store_id=store_id, contact_id=contact_id)

    assert read(text) == (store_id, contact_id, "0")
    assert len(text) == TOKEN_LENGTH == 19
    assert text.isascii()
    assert text.isalnum()


def test_no_two_of_ten_thousand_are_equal_or_look_alike() -> None:
    tokens = [token(store_id=1 + n % 7, contact_id=1 + n) for n in range(10_000)]

    assert len(set(tokens)) == 10_000
    alike = [sum(a == b for a, b in zip(one, other, strict=True)) for one, other in pairwise(tokens)]
    assert sum(alike) / len(alike) < 2.5  # the key's character, and of 18 others one in 62


def test_it_is_seven_bits_a_character_and_says_no_id() -> None:
    text = token(store_id=4711, contact_id=306971234567 % 2**36)

    assert count(text).encoding == "GSM-7"
    assert count(text).units == 19
    assert "4711" not in text


def test_it_stays_the_same_and_another_key_makes_another(settings: Settings) -> None:
    first = token(store_id=1, contact_id=2)
    assert token(store_id=1, contact_id=2) == first

    settings.LINK_KEYS = {"n": "a-newer-secret-of-links", **settings.LINK_KEYS}
    second = token(store_id=1, contact_id=2)

    assert second[0] == "n"
    assert read(second) == (1, 2, "n")
    assert read(first) == (1, 2, "0")  # links under way go on


def test_a_key_that_is_taken_away_ends_its_links(settings: Settings) -> None:
    old = token(store_id=1, contact_id=2)

    settings.LINK_KEYS = {"n": "a-newer-secret-of-links"}

    assert read(old) is None


def test_the_same_key_id_with_another_secret_reads_nothing(settings: Settings) -> None:
    old = token(store_id=1, contact_id=2)

    settings.LINK_KEYS = {"0": "a-newer-secret-of-links"}

    assert read(old) is None


def changed(text: str) -> Iterator[str]:
    """Every other text of the same length that differs in one character."""
    for at, letter in enumerate(text):
        for other in ALPHABET + "-_. ":
            if other != letter:
                yield text[:at] + other + text[at + 1 :]


def test_every_change_of_one_character_is_refused() -> None:
    for n in range(1, 101):
        text = token(store_id=n, contact_id=n * 997)
        assert [other for other in changed(text) if read(other)] == []


@pytest.mark.parametrize(
    "text", ["", "0", "0" * 19, "z" * 19, "é" * 19, "0" * 18, "0" * 20, "0" + "٣" * 18, "\x00" * 19]
)
def test_what_is_not_ours_says_nothing(text: str) -> None:
    assert read(text) is None


@given(st.text(alphabet=ALPHABET, min_size=18, max_size=18))
def test_what_is_made_up_says_nothing(text: str) -> None:
    assert read("0" + text) is None


def test_a_code_for_another_purpose_opens_nothing() -> None:
    assert read(short_codes.seal(purpose="join", store_id=1, number=2)) is None


@pytest.mark.parametrize(("store_id", "contact_id"), [(2**24, 1), (1, 2**36), (0, 1), (1, 0), (-1, 1)])
def test_ids_without_room_are_an_error_and_never_a_wrong_token(store_id: int, contact_id: int) -> None:
    with pytest.raises(ValueError, match="no room"):
        token(store_id=store_id, contact_id=contact_id)


def test_the_largest_ids_fit() -> None:
    assert read(token(**LARGEST)) == (2**24 - 1, 2**36 - 1, "0")


def test_the_address_is_the_stores_own_or_ours(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.com"

    ours = address(store_id=1, contact_id=2)
    own = address(store_id=1, contact_id=2, base="https://s.example/")

    assert re.fullmatch(r"https://sms\.example\.com/u/\w{19}", ours)
    assert re.fullmatch(r"https://s\.example/u/\w{19}", own)
