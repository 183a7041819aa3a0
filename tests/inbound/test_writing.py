"""However a keyword is written, it is the same word; and nothing that anybody writes breaks the reader."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.inbound.keywords import ALL, KEYWORDS
from messaging.inbound.words import read
from messaging.inbound.writing import fold, words

KEYWORD = st.sampled_from(
    ["stop", "unsubscribe", "διαγραφη", "στοπ", "стоп", "abmelden", "desabonner", "cancella", "koniec"]
)
AROUND = st.text(
    alphabet=" .,!?;:-_*~'\"«»„“”‘’()[]{}<>#/\\|…·•\t\n\u00a0\u200b\u200e\u2060\ufeff\ufe0f🛑👍❤", max_size=6
)
ACCENTS = st.sampled_from(["", "\u0301", "\u0308", "\u0327", "\u0342"])
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
BOLD = {chr(ord("a") + n): chr(0x1D41A + n) for n in range(26)} | {
    chr(ord("A") + n): chr(0x1D400 + n) for n in range(26)
}
LOOKS = {"o": "οо0", "p": "рρ", "t": "т", "s": "ѕ", "a": "аα", "e": "е", "c": "с", "i": "іι"}


@given(KEYWORD, AROUND, AROUND, st.lists(st.booleans(), min_size=12, max_size=12))
def test_case_punctuation_and_what_cannot_be_seen_change_nothing(
    word: str, before: str, after: str, upper: list[bool]
) -> None:
    written = "".join(letter.upper() if big else letter for letter, big in zip(word, upper, strict=False))

    assert read(before + written + after).meaning == "stop"


@given(KEYWORD, st.lists(ACCENTS, min_size=12, max_size=12))
def test_accents_change_nothing(word: str, accents: list[str]) -> None:
    assert read("".join(letter + accent for letter, accent in zip(word, accents, strict=False))).meaning == "stop"


@pytest.mark.parametrize("letters", [WIDE, BOLD], ids=["full-width", "bold"])
@pytest.mark.parametrize("word", ["stop", "STOP", "Unsubscribe", "cancella"])
def test_letters_of_other_shapes_are_the_same_letters(word: str, letters: dict[str, str]) -> None:
    assert read("".join(letters[letter] for letter in word)).meaning == "stop"


@given(st.sampled_from(["stop", "cancella", "arret"]), st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_letters_that_look_the_same_are_the_same(word: str, which: list[int]) -> None:
    written = "".join(
        (letter + LOOKS.get(letter, ""))[n % (1 + len(LOOKS.get(letter, "")))]
        for letter, n in zip(word, which, strict=False)
    )

    assert read(written).meaning == "stop"


@given(KEYWORD, st.sampled_from([" ", ".", "-", " . ", "  "]))
def test_a_word_that_is_spelled_is_the_word(word: str, between: str) -> None:
    assert read(between.join(word)).meaning == "stop"


@given(KEYWORD, st.integers(2, 12))
def test_a_word_that_is_said_again_is_the_word(word: str, times: int) -> None:
    assert read(" ".join([word] * times)).meaning == "stop"


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert read(text).meaning in {"stop", "likely_stop", "help", "start", "join", "yes", "ordinary"}


@given(st.text(max_size=200))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=200))
def test_words_are_folded_and_hold_no_blanks(text: str) -> None:
    assert all(word and not any(letter.isspace() for letter in word) for word in words(text))


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="stop dntmeag ", min_size=1500, max_size=2000))
def test_no_text_takes_long(text: str) -> None:
    """Only that it ends soon: a pattern that tries everything would take minutes, not seconds."""
    begun = time.process_time()
    read(text)

    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Don't", ["dont"]),
        ("l’arrêt", ["larret"]),
        ("ΔIAΓPAΦH", ["διαγραφη"]),  # Greek capitals with Latin ones between
        ("SΤΟP", ["stop"]),  # Latin ones with Greek between
        ("İPTAL", ["iptal"]),
        ("łódź", ["lodz"]),
        ("Straße", ["strasse"]),
        ("stoooop", ["stop"]),
        ("A.B.C", ["abc"]),
        ("ok 1", ["ok", "1"]),
        ("500 stop", ["500", "stop"]),
        ("🛑", []),
        ("", []),
    ],
)
def test_words_as_they_are_compared(written: str, expected: list[str]) -> None:
    assert words(written) == expected


def test_every_keyword_is_found_where_it_is_spoken() -> None:
    """Each of them, in the table's own writing and in capitals; a text that is two things is the first of them."""
    for language, row in KEYWORDS.items():
        for word in row.stop.split("|"):
            assert read(word.upper(), languages=frozenset({language})).meaning == "stop", word


def test_languages_have_a_word_for_everything() -> None:
    assert {language for language, row in KEYWORDS.items() if all(row)} == ALL
