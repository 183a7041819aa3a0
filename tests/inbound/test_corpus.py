"""A thousand labelled texts in fourteen languages: every clear STOP acts, no ordinary sentence does.

`pytest tests/inbound/test_corpus.py -s` prints what was read in what.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from messaging.inbound.keywords import ALL, languages_of
from messaging.inbound.words import read

CORPUS = Path(__file__).parent / "corpus.csv"
MEANINGS = ("stop", "likely_stop", "help", "start", "join", "yes", "ordinary")


class Labelled(NamedTuple):
    """A text as somebody in a country may write it, and what they want."""

    country: str
    language: str
    meaning: str
    text: str


def texts() -> list[Labelled]:
    with CORPUS.open(encoding="utf-8", newline="") as file:
        return [Labelled(**row) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def read_as() -> dict[Labelled, str]:
    """Each text with what it is read as where it was written."""
    return {one: read(one.text, languages=languages_of(one.country)).meaning for one in texts()}


def wrong(read_as: dict[Labelled, str], label: str, *meanings: str) -> list[str]:
    """Texts with a label that were read as something else than these."""
    return [
        f"{one.country}: {one.text}" for one, got in read_as.items() if one.meaning == label and got not in meanings
    ]


def table(read_as: dict[Labelled, str]) -> str:
    """Labels down, readings across."""
    counts = Counter((one.meaning, got) for one, got in read_as.items())
    lines = [f"{'':>12}" + "".join(f"{meaning:>12}" for meaning in MEANINGS)]
    for label in MEANINGS:
        lines.append(f"{label:>12}" + "".join(f"{counts[label, got]:>12}" for got in MEANINGS))
    return "\n".join(lines)


def test_the_confusion_table_has_only_a_diagonal(read_as: dict[Labelled, str]) -> None:
    shown = table(read_as)
    print(f"\n{shown}")

    assert {(one.meaning, got) for one, got in read_as.items() if one.meaning != got} == set(), shown


def test_every_clear_stop_acts(read_as: dict[Labelled, str]) -> None:
    assert wrong(read_as, "stop", "stop") == []


def test_no_ordinary_sentence_acts_or_suppresses(read_as: dict[Labelled, str]) -> None:
    assert wrong(read_as, "ordinary", "ordinary") == []


def test_every_likely_opt_out_suppresses_and_none_acts(read_as: dict[Labelled, str]) -> None:
    assert wrong(read_as, "likely_stop", "likely_stop") == []


def test_other_keywords_act(read_as: dict[Labelled, str]) -> None:
    assert [wrong(read_as, label, label) for label in ("help", "start", "join", "yes")] == [[], [], [], []]


def test_no_ordinary_sentence_acts_even_where_all_languages_are_spoken() -> None:
    ordinary = [one.text for one in texts() if one.meaning == "ordinary"]

    assert [text for text in ordinary if read(text, languages=ALL).meaning in {"stop", "likely_stop", "start"}] == []


def test_a_clear_stop_is_never_ordinary_wherever_it_is_written() -> None:
    """Where its language is not spoken a word may mean something else; the words of all countries act everywhere."""
    everywhere = [
        one for one in texts() if one.meaning == "stop" and one.text.strip('"«»“”. !').upper() in {"STOP", "ΣΤΟΠ"}
    ]

    found = {
        read(one.text, languages=languages_of(country)).meaning for one in everywhere for country in ("US", "GR", "TR")
    }

    assert found == {"stop"}
    assert len(everywhere) >= 10


def test_the_corpus_is_what_it_says() -> None:
    corpus = texts()
    languages = Counter(one.language for one in corpus)

    assert len(corpus) >= 1000
    assert len({(one.country, one.text) for one in corpus}) >= 1000
    assert set(languages) == ALL
    assert min(languages.values()) >= 30
    assert Counter(one.meaning for one in corpus)["ordinary"] >= 400
