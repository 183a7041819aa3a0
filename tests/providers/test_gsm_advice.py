"""Which characters make a text dearer, and what may be written instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.gsm import BASIC, EXTENSION, count
from providers.gsm_advice import Offender, offenders, plain, replaced


def test_names_what_makes_a_text_dear_and_what_to_write_instead() -> None:
    assert offenders("“a”\u00a0… … €") == [
        Offender("…", "Horizontal ellipsis", 2, "ucs2", "...", safe=True),
        Offender("“", "Left double quotation mark", 1, "ucs2", '"', safe=True),
        Offender("”", "Right double quotation mark", 1, "ucs2", '"', safe=True),
        Offender("\u00a0", "No-break space", 1, "ucs2", " ", safe=True),
        Offender("€", "Euro sign", 1, "double", None, safe=False),
    ]


@pytest.mark.parametrize(("costly", "plain_text"), [("Β", "B"), ("–", "-"), ("\u200b", ""), ("№", "No"), ("Α", "A")])
def test_signs_and_capitals_that_read_the_same_are_safe(costly: str, plain_text: str) -> None:
    [found] = offenders(costly)

    assert (found.replacement, found.safe) == (plain_text, True)


@pytest.mark.parametrize(
    ("character", "replacement"),
    [("ç", "c"), ("Ş", "S"), ("Ά", "A"), ("ł", "l"), ("ώ", "Ω"), ("ς", "Σ"), ("α", "A"), ("ﬁ", "fi"), ("㎏", "kg")],
)
def test_a_letter_that_reads_otherwise_is_offered_but_not_safe(character: str, replacement: str) -> None:
    [found] = offenders(character)

    assert (found.replacement, found.safe) == (replacement, False)


@pytest.mark.parametrize("character", ["я", "😀", "½", "µ", "한", "\u0301", "漢", "℃"])
def test_what_would_become_something_else_has_no_replacement(character: str) -> None:
    assert [found.replacement for found in offenders(character)] == [None]


def test_plain_texts_have_no_offenders() -> None:
    assert offenders("Hello, 20% off @ shop! ΓΔΘ") == []


def test_replacing_what_reads_the_same_leaves_letters_alone() -> None:
    assert replaced("“Ωμέγα” – ok… €[5]") == '"Ωμέγα" - ok... €[5]'
    assert replaced("“Ωμέγα” – Zoë", letters=True) == '"ΩMEΓA" - Zoe'


@pytest.mark.parametrize(
    ("name", "written"),
    [("Eleni", "Eleni"), ("Γιώργος", "ΓIΩPΓOΣ"), ("Łukasz", "Lukasz"), ("Иван", "Иван"), ("Zoë😀", "Zoë😀")],
)
def test_a_name_is_written_plainly_or_not_at_all(name: str, written: str) -> None:
    assert plain(name) == written


@given(st.text())
def test_replacing_never_costs_more_units_of_a_worse_alphabet(text: str) -> None:
    cheaper = replaced(text, letters=True)

    assert replaced(cheaper, letters=True) == cheaper
    if all(character in BASIC or character in EXTENSION for character in cheaper):
        assert count(cheaper).encoding == "GSM-7"


def test_replacements_cost_less() -> None:
    text = "“It’s on” – don’t miss…"

    cheaper = replaced(text)

    assert (count(text).encoding, count(cheaper).encoding, cheaper) == ("UCS-2", "GSM-7", "\"It's on\" - don't miss...")
