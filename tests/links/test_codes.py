"""Codes of short links: twelve characters that only we can write, and that say whose they are."""

import hashlib
import itertools
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from campaigns.links import codes
from campaigns.links.codes import LENGTH, LINKS_MAX, RECIPIENTS_END, SAMPLE, Mark, derive, read, write
from campaigns.links.keys import keys
from config.base62 import ALPHABET
from providers.gsm import BASIC, count

KEY = derive("0", "a secret of the tests, long enough")
OTHER = derive("1", "another secret of the tests, as long")
RECIPIENTS = st.integers(0, RECIPIENTS_END - 1)
NUMBERS = st.integers(1, LINKS_MAX)


def code(recipient_id: int = 123_456, number: int = 1) -> str:
    return write(KEY, recipient_id=recipient_id, number=number)


@given(recipient_id=RECIPIENTS, number=NUMBERS)
def test_what_was_written_is_read(recipient_id: int, number: int) -> None:
    written = code(recipient_id, number)

    assert len(written) == 12
    assert set(written) <= set(ALPHABET)
    assert read([KEY], written) == Mark(recipient_id, number)


def test_of_ten_thousand_links_no_two_are_equal_and_all_have_twelve_characters() -> None:
    written = [code(recipient_id, number) for recipient_id in range(1, 5001) for number in (1, 2)]

    assert len(set(written)) == len(written) == 10_000
    assert {len(one) for one in written} == {12}


def test_every_change_of_one_character_is_refused() -> None:
    changed = 0
    for recipient_id in range(1, 101):
        written = code(recipient_id)
        for at in range(LENGTH):
            for letter in (*ALPHABET, "-", "_", "é", " "):
                forged = written[:at] + letter + written[at + 1 :]
                assert (read([KEY], forged) is None) == (forged != written)
                changed += forged != written

    assert changed == 100 * 12 * (61 + 4)


@given(first=st.tuples(RECIPIENTS, NUMBERS), second=st.tuples(RECIPIENTS, NUMBERS))
def test_different_links_have_different_codes(first: tuple[int, int], second: tuple[int, int]) -> None:
    assert (code(*first) == code(*second)) == (first == second)


@given(st.text(max_size=20) | st.text(ALPHABET, min_size=12, max_size=12))
@settings(max_examples=500)
def test_what_nobody_wrote_is_refused(text: str) -> None:
    assert read([KEY, OTHER], text) is None


@pytest.mark.parametrize("text", ["", SAMPLE, "z" * 12, "0" * 12, "A" * 11, "A" * 13, "٣" * 12, "\0" * 12])
def test_so_are_odd_ones(text: str) -> None:
    assert read([KEY], text) is None


def test_cutting_or_lengthening_a_code_ends_it() -> None:
    written = code()

    for text in (written[:-1], written[1:], f"{written}A", f"0{written}", written.swapcase(), written[::-1]):
        assert read([KEY], text) is None


def test_a_code_needs_its_own_key() -> None:
    written = code()

    assert read([OTHER], written) is None
    assert read([], written) is None
    assert read([derive("0", "another secret with the same id, though")], written) is None
    assert read([OTHER, KEY], written) == Mark(123_456, 1)


def test_keys_whose_ids_share_their_bits_are_all_tried() -> None:
    twin = derive("8", "the secret of a key whose id ends alike")
    assert twin.bits == KEY.bits

    assert read([twin, KEY], code()) == read([KEY, twin], code()) == Mark(123_456, 1)


def test_a_secret_that_signs_other_things_too_signs_them_differently() -> None:
    secret = "a secret of the tests, long enough"

    plain = hashlib.blake2b((1 << 40 | 123_456).to_bytes(6), key=secret.encode(), digest_size=8).digest()

    assert KEY.tag.digest() != KEY.mask.digest()
    assert int.from_bytes(plain) >> 40 != codes._tag(KEY, 1 << 40 | 123_456)


@pytest.mark.parametrize(
    ("recipient_id", "number"), [(RECIPIENTS_END, 1), (-1, 1), (1, 0), (1, LINKS_MAX + 1), (1, -1)]
)
def test_beyond_the_limits_there_is_no_code(recipient_id: int, number: int) -> None:
    with pytest.raises(ValueError, match="no code"):
        write(KEY, recipient_id=recipient_id, number=number)


def test_at_the_limits_there_is_one() -> None:
    last = write(KEY, recipient_id=RECIPIENTS_END - 1, number=LINKS_MAX)

    assert read([KEY], last) == Mark(RECIPIENTS_END - 1, LINKS_MAX)
    assert RECIPIENTS_END == 1_099_511_627_776


def test_neighbours_have_nothing_in_common() -> None:
    """Codes do not count: whoever has two of them cannot tell how many messages went out between them."""
    written = [code(number) for number in range(2000)]

    beginnings = {one[:3] for one in written}
    same_place = sum(a == b for one, two in itertools.pairwise(written) for a, b in zip(one, two, strict=True))

    assert len(beginnings) > 1500
    assert same_place < 2000 * 12 / 62 * 2  # a sixty-second of the characters agree by chance, the first more often


def test_a_guess_is_believed_once_in_sixteen_million() -> None:
    """Whoever changes the masked part keeps the tag: each of these 100 000 tries has a chance of 2^-24."""
    whole = codes._value(code())
    assert whole is not None
    guesses = random.Random(7).sample(range(1, 1 << 44), 100_000)

    believed = [one for one in guesses if read([KEY], codes._spell(whole ^ one))]

    assert len(believed) <= 1


def test_every_character_is_one_septet_also_those_of_the_sample() -> None:
    assert set(ALPHABET) | set(SAMPLE) <= set(BASIC)
    assert count(SAMPLE) == count(code()) == ("GSM-7", 12, 1)


def test_the_fixture_of_the_algorithm_has_not_changed() -> None:
    """Links stand in messages for years: these codes were written when the algorithm was made."""
    assert {number: code(1, number) for number in (1, 2, 15)} == FIXTURE


FIXTURE = {1: "1EBzRyI6WN48", 2: "4pt1p4adFDuo", 15: "3MXEYHBeRjsm"}


def test_the_first_key_of_the_settings_signs_and_all_verify(settings: Settings) -> None:
    settings.LINK_KEYS = {"0": "the old secret of this installation"}
    old = write(keys()[0], recipient_id=5, number=1)
    settings.LINK_KEYS = {"1": "the new secret of this installation", "0": "the old secret of this installation"}
    new = write(keys()[0], recipient_id=5, number=1)

    assert old != new
    assert read(keys(), old) == read(keys(), new) == Mark(5, 1)

    settings.LINK_KEYS = {"1": "the new secret of this installation"}
    assert read(keys(), old) is None
    assert read(keys(), new) == Mark(5, 1)


def test_letters_and_digits_are_all_there_are() -> None:
    assert sorted(ALPHABET) == sorted(string.ascii_letters + string.digits)
