"""What stands around a keyword, and where which language is spoken."""

import pytest

from messaging.inbound.keywords import ALL, languages_of
from messaging.inbound.texts import ANSWERS, answer_text
from messaging.inbound.words import Reading, read
from providers.gsm import count

GREEK = frozenset({"el", "en"})


def test_a_keyword_alone_acts() -> None:
    assert read("διαγραφή", languages=GREEK) == Reading("stop", "el")


def test_a_keyword_of_no_language_names_none() -> None:
    assert read("STOP", languages=GREEK) == Reading("stop", "")


def test_two_keywords_of_one_kind_act() -> None:
    assert read("STOP / Διαγραφή", languages=GREEK) == Reading("stop", "el")


@pytest.mark.parametrize("text", ["STOP HELP", "START STOP", "help stop it"])
def test_two_kinds_of_keywords_do_not_act(text: str) -> None:
    assert read(text).meaning in {"likely_stop", "ordinary"}


def test_a_keyword_of_another_language_is_a_word() -> None:
    assert read("fin", languages=GREEK).meaning == "ordinary"
    assert read("fin", languages=languages_of("FR")).meaning == "stop"


def test_a_sentence_is_understood_wherever_it_is_written() -> None:
    assert read("ne m'envoyez plus de sms", languages=GREEK) == Reading("likely_stop", "fr")


@pytest.mark.parametrize("text", ["STOP\nMaria", "STOP\n\n> Sale at Demo Store! 20 % off", "stop\r\nthanks for all"])
def test_a_keyword_on_the_first_line_is_likely_meant(text: str) -> None:
    assert read(text).meaning == "likely_stop"


@pytest.mark.parametrize("text", ["Hello, when do you open?\nSTOP", "see you\nat the bus stop"])
def test_a_keyword_on_a_later_line_is_not(text: str) -> None:
    assert read(text).meaning == "ordinary"


@pytest.mark.parametrize(
    "text", ["STOP\nSent from my iPhone", "STOP Gesendet von Mail", "stop Get Outlook for Android"]
)
def test_what_a_telephone_adds_is_not_read(text: str) -> None:
    assert read(text).meaning == "stop"


@pytest.mark.parametrize(
    ("text", "meaning"), [("STOP PIZZA", "stop"), ("pizza stop", "stop"), ("PIZZA", "join"), ("Pizza help", "help")]
)
def test_the_word_that_names_a_store_is_left_out(text: str, meaning: str) -> None:
    assert read(text, leave_out="pizza").meaning == meaning


def test_a_store_s_word_is_a_word_elsewhere() -> None:
    assert read("STOP PIZZA", leave_out="").meaning == "likely_stop"


# Languages ----------------------------------------------------------------------------------------------------------


def test_a_country_speaks_its_languages_and_english() -> None:
    assert languages_of("GR") == {"el", "en"}
    assert languages_of("BE") == {"fr", "nl", "de", "en"}
    assert languages_of("GB") == {"en"}


def test_countries_add_up() -> None:
    assert languages_of("GR", "TR") == {"el", "tr", "en"}


@pytest.mark.parametrize("countries", [(), ("JP",), ("ZZ",), ("GR", "JP")])
def test_where_nobody_knows_all_languages_act(countries: tuple[str, ...]) -> None:
    assert languages_of(*countries) == ALL


# Answers ------------------------------------------------------------------------------------------------------------


def test_there_are_answers_in_every_language() -> None:
    assert set(ANSWERS) == ALL


@pytest.mark.parametrize("language", sorted(ALL))
@pytest.mark.parametrize("kind", ["stop", "start", "join", "help"])
def test_an_answer_is_one_part_and_names_the_store(language: str, kind: str) -> None:
    text = answer_text(kind, language=language, store="Demo Store")

    assert text.startswith("Demo Store")
    assert count(text).parts == 1


def test_a_language_that_we_do_not_write_is_answered_in_english() -> None:
    assert answer_text("stop", language="ja", store="Shop") == answer_text("stop", language="en", store="Shop")


def test_a_store_s_name_is_no_template() -> None:
    assert answer_text("help", language="en", store="{{first_name}}").startswith("first_name:")


@pytest.mark.parametrize("language", sorted(ALL))
def test_a_confirmation_is_no_keyword_for_another_machine(language: str) -> None:
    """Two stores that text each other's numbers must not answer each other."""
    texts = [answer_text(kind, language=language, store="Demo") for kind in ("stop", "start", "help")]

    assert {read(text).meaning for text in texts} <= {"ordinary", "likely_stop"}
