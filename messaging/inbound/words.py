"""What a text asks for: a keyword that acts, a sentence that most likely asks for no more, or neither.

Plain Python; docs/inbound.md says the rules in words, tests/inbound/corpus.csv what they make of real-life texts.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from messaging.inbound.keywords import ALL, KEYWORDS, SCRIPTS, Meaning
from messaging.inbound.phrases import BARE, COURTESY, IDIOMS, LIKELY, SIGNATURE
from messaging.inbound.writing import fold, in_latin, words

LONGEST_KEYWORD: Final = 5  # words
MOST_KEYWORDS: Final = 12  # `stop stop stop` still is one
READ: Final = 600  # characters: what a person asks for stands at the beginning, and patterns cost time
ACTS: Final[tuple[Meaning, ...]] = ("stop", "help", "start", "join", "yes")
_SIGNED: Final = re.compile(SIGNATURE)
_IDIOM: Final = re.compile("|".join(IDIOMS))
_COURTESY: Final = re.compile(COURTESY)


class Reading(NamedTuple):
    """What a text asks for, and the language of the words that say so; "" when they belong to none."""

    meaning: Meaning
    language: str = ""


ORDINARY: Final = Reading("ordinary")


def read(text: str, *, languages: frozenset[str] = ALL, leave_out: str = "") -> Reading:
    """The meaning of a text. Keywords act in these `languages` and in none; sentences are understood in all.

    `leave_out`: the word that named a store on a shared number; that word alone is how one joins there.
    """
    first = text.strip().partition("\n")[0]
    said = words(text[:READ])
    rest = [word for word in said if word != leave_out]
    if leave_out and said and not rest:
        return Reading("join")
    found = read_words(rest, languages=languages)
    if found.meaning == "ordinary" and first != text.strip():
        above = keyword(words(first[:READ]), languages=languages)
        if above and above.meaning == "stop":  # a name, a signature or the message that is answered stands below
            return Reading("likely_stop", above.language)
    return found


def read_words(said: Sequence[str], *, languages: frozenset[str] = ALL) -> Reading:
    """As `read`, of words (writing.words)."""
    line = _SIGNED.sub("", " ".join(said))
    return keyword(line.split(), languages=languages) or likely(line) or ORDINARY


def keyword(said: Sequence[str], *, languages: frozenset[str]) -> Reading | None:
    """The keyword that a text consists of, once or several times; None when there is anything beside it."""
    if not 0 < len(said) <= MOST_KEYWORDS:
        return None
    for meaning in ACTS:
        for spelled in (list(said), [in_latin(word) for word in said]):
            language = _whole(spelled, meaning, languages)
            if language is not None:
                return Reading(meaning, language)
    return None


def _whole(said: list[str], meaning: Meaning, languages: frozenset[str]) -> str | None:
    """The language of the last keyword when the words are keywords of this meaning from end to end."""
    table, at, last = _table(meaning), 0, ""
    while at < len(said):
        for length in range(min(LONGEST_KEYWORD, len(said) - at), 0, -1):
            spoken = table.get(" ".join(said[at : at + length]), frozenset()) & (languages | {""})
            if spoken:
                at, last = at + length, min(spoken) or last
                break
        else:
            return None
    return last


@cache
def _table(meaning: Meaning) -> Mapping[str, frozenset[str]]:
    """keyword -> the languages that it belongs to."""
    found: dict[str, frozenset[str]] = {}
    for language, row in KEYWORDS.items():
        for written in filter(None, getattr(row, meaning).split("|")):
            for spelled in _spellings(fold(written), language):
                found[spelled] = found.get(spelled, frozenset()) | {language}
    return found


def _spellings(written: str, language: str) -> set[str]:
    """The keyword, and how it is typed in Latin letters."""
    spelled = {""}
    for part in _sounds(written, language):
        spelled = {before + way for before in spelled for way in part}
    return {written, *spelled}


def _sounds(written: str, language: str) -> list[list[str]]:
    letters = SCRIPTS.get(language, {})
    found, at = [], 0
    while at < len(written):
        length = 2 if written[at : at + 2] in letters else 1
        sound = written[at : at + length]
        found.append(letters.get(sound, sound).split("|"))
        at += length
    return found


def likely(line: str) -> Reading | None:
    """An opt-out in a person's own words. In doubt it is none: a merchant reads it either way."""
    for language, pattern in _patterns().items():
        if pattern.search(line):
            return Reading("likely_stop", language)
    said = _COURTESY.sub("", line).split()
    if len(said) <= 3 and not BARE.isdisjoint(said) and not _IDIOM.search(line):
        return Reading("likely_stop")
    return None


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {
        language: re.compile("|".join(_compiled(pattern, language) for pattern in patterns))
        for language, patterns in LIKELY.items()
    }


def _compiled(pattern: str, language: str) -> str:
    """The pattern with `_` as up to three words, and its letters as they are typed in Latin."""
    letters = SCRIPTS.get(language, {})
    either = re.compile("|".join(sorted(letters, key=len, reverse=True))) if letters else None
    spaced = fold(pattern).replace("_", r"(?: \w+){0,3}?")
    return either.sub(lambda sound: f"(?:{sound[0]}|{letters[sound[0]]})", spaced) if either else spaced
