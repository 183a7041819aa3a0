"""Numbers leave the house sealed: they come back to us, and nothing else does."""

import re
import string
from itertools import pairwise, permutations
from struct import error as OutOfRange

import pytest
from pytest_django import Settings

from config.opaque import private_id, public_id, recipient_of, recipients_of, references, seal, unseal

KINDS = ("str", "mem", "key", "con", "lst", "imp", "cmp", "rcp", "bat", "quo", "evt", "led", "res", "acc", "rec", "msg")
LETTERS = string.ascii_lowercase + "234567"


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32, 2**63 - 1, 2**64 - 1])
def test_a_number_comes_back(number: int) -> None:
    assert private_id(public_id(number, kind="con"), kind="con") == number


@pytest.mark.parametrize("number", [-1, 2**64])
def test_what_is_no_primary_key_is_an_error(number: int) -> None:
    with pytest.raises(OutOfRange):
        public_id(number, kind="con")


def test_an_id_tells_its_kind_and_nothing_else() -> None:
    ids = [public_id(number, kind="con") for number in range(1000)]

    assert all(re.fullmatch(r"con_[a-z2-7]{26}", text) for text in ids)
    assert len(set(ids)) == 1000
    rising = sum(before < after for before, after in pairwise(ids))
    assert 400 < rising < 600


def test_two_kinds_of_the_same_number_have_nothing_in_common() -> None:
    bodies = {public_id(7, kind=kind).partition("_")[2] for kind in KINDS}

    assert len(bodies) == len(KINDS)


def test_an_id_of_another_kind_is_refused_whatever_it_is_called() -> None:
    for kind, other in permutations(KINDS, 2):
        text = public_id(7, kind=kind)
        assert private_id(text, kind=other) is None
        assert private_id(text.replace(kind, other), kind=other) is None


def test_every_change_of_one_character_is_refused() -> None:
    for number in range(1, 101):
        text = public_id(number, kind="lst")
        for at in range(4, len(text)):
            for letter in LETTERS.replace(text[at], ""):
                changed = text[:at] + letter + text[at + 1 :]
                assert private_id(changed, kind="lst") is None, f"{changed} is taken for {text}"


def test_an_id_has_one_way_of_writing() -> None:
    ids = [public_id(number, kind="lst") for number in range(50)]
    bodies = [text.removeprefix("lst_") for text in ids]
    twins = [f"lst_{body.upper()}" for body in bodies] + [f"lst_{body.title()}" for body in bodies]
    twins += [f"{text} " for text in ids] + [f" {text}" for text in ids] + [f"{text}=" for text in ids]
    for letter, strange in [("s", "ſ"), ("i", "ı")]:  # upper case makes the usual letters of them
        twins += [f"lst_{body.replace(letter, strange)}" for body in bodies if letter in body]

    assert [twin for twin in twins if private_id(twin, kind="lst") is not None] == []


@pytest.mark.parametrize(
    "text", ["", "_", "lst", "lst_", "lst__" + "a" * 25, "lst_" + "1" * 26, "lst_" + "é" * 26, "lst_" + "\x00" * 26]
)
def test_nonsense_is_refused(text: str) -> None:
    assert private_id(text, kind="lst") is None


def test_another_key_makes_other_ids_and_reads_none_of_ours(settings: Settings) -> None:
    ours = [public_id(number, kind="con") for number in range(100)]
    reference = references([7], attempt=1)[0]

    settings.REFERENCE_KEY = "another key"

    assert [private_id(text, kind="con") for text in ours] == [None] * 100
    assert recipient_of(reference) is None
    assert public_id(7, kind="con") != ours[7]


def test_the_key_of_the_references_is_not_the_secret_key(settings: Settings) -> None:
    before = public_id(7, kind="con")

    settings.SECRET_KEY = "a new one after a leak"

    assert public_id(7, kind="con") == before


def test_a_reference_names_recipient_and_attempt() -> None:
    made = references([1, 2**40, 3], attempt=5)

    assert [recipient_of(text) for text in made] == [(1, 5), (2**40, 5), (3, 5)]
    assert all(re.fullmatch(r"[0-9a-f]{32}", text) for text in made)


def test_of_many_references_only_ours_name_somebody() -> None:
    ours = references([1, 2], attempt=3)
    foreign = [seal([9], kind="cmp")[0].hex(), "00" * 16, "abc", "not hexadecimal", ""]

    assert recipients_of([ours[1], *foreign, ours[0], ours[1]]) == {ours[0]: (1, 3), ours[1]: (2, 3)}
    assert recipients_of([]) == {}


def test_each_attempt_has_a_reference_of_its_own() -> None:
    made = [references([7], attempt=attempt)[0] for attempt in range(1, 7)]

    assert len(set(made)) == 6
    assert [recipient_of(text) for text in made] == [(7, attempt) for attempt in range(1, 7)]


def test_a_batch_is_sealed_as_its_members_would_be() -> None:
    together = references(range(500), attempt=2)

    assert together == [references([number], attempt=2)[0] for number in range(500)]
    assert references([], attempt=1) == []


@pytest.mark.parametrize("attempt", [-1, 65_536])
def test_an_attempt_that_does_not_fit_is_an_error(attempt: int) -> None:
    with pytest.raises(OutOfRange):
        references([1], attempt=attempt)


@pytest.mark.parametrize("text", ["", "zz", "00" * 15, "00" * 16, "00" * 17, "é" * 32, "ab" * 16])
def test_a_reference_that_is_not_ours_is_refused(text: str) -> None:
    assert recipient_of(text) is None


def test_an_id_is_no_reference_and_a_reference_no_id() -> None:
    [sealed_id], [sealed_reference] = seal([7], kind="con"), seal([7], kind="ref")

    assert recipient_of(sealed_id.hex()) is None
    assert unseal(sealed_reference, kind="con") is None
    assert unseal(sealed_id, kind="con") == (7, 0)


def test_half_a_block_is_refused() -> None:
    [block] = seal([7], kind="con")

    assert [unseal(part, kind="con") for part in (block[:15], block + b"\0", b"")] == [None, None, None]
