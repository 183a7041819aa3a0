"""The browser's counter says what the server's says: on the shared cases, and of every character there is."""

from typing import Any

import pytest
from playwright.sync_api import Page

from providers.gsm import count
from providers.gsm_advice import offenders, replaced
from tests.providers.gsm_cases import cases

pytestmark = pytest.mark.browser

WITH_MODULE = 'async (given) => { const sms = await import("/static/campaigns/sms.js"); '


def said(page: Page, expression: str, given: Any) -> Any:
    """What an expression of `sms` and `given` is in Chromium."""
    return page.evaluate(f"{WITH_MODULE} return {expression}; }}", given)


def test_counts_the_shared_cases(page: Page) -> None:
    every = cases()

    counted = said(page, "given.map((text) => sms.count(text))", [case.text for case in every])

    wrong = [
        (case, answer)
        for case, answer in zip(every, counted, strict=True)
        if (answer["encoding"], answer["units"], answer["parts"]) != (case.encoding, case.units, case.parts)
    ]
    assert wrong == []


def test_says_how_much_room_is_left_in_the_last_part(page: Page) -> None:
    texts = ["", "a" * 160, "a" * 161, "€" * 2, "я" * 71, "a" * 152 + "€" + "b" * 152]

    assert said(page, "given.map((text) => sms.count(text).left)", texts) == [160, 0, 145, 156, 63, 152]


def test_names_the_costly_characters_of_a_text(page: Page) -> None:
    [quote, letter, none, double] = said(page, "sms.offenders(given)", "““ç😀€")

    assert quote == {"character": "“", "times": 2, "effect": "ucs2", "replacement": '"', "safe": True}
    assert (letter["replacement"], letter["safe"]) == ("c", False)
    assert (none["character"], none["replacement"]) == ("😀", None)
    assert (double["effect"], double["replacement"]) == ("double", None)


def test_replaces_what_reads_the_same_and_letters_only_when_told_so(page: Page) -> None:
    text = "“Γειά σου” – Zoë… €5"

    assert said(page, "sms.replaced(given)", text) == '"Γειά σου" - Zoë... €5'
    assert said(page, "sms.replaced(given, {letters: true})", text) == '"ΓEIA ΣOY" - Zoe... €5'


def test_offers_the_replacements_of_the_server_for_every_letter_and_sign(page: Page) -> None:
    # Scripts that were in Unicode long before either table; private use and surrogates have no letters.
    characters = [chr(code) for code in [*range(0x20, 0x3100), *range(0xFB00, 0xFFFE), 0x1F600, 0x1D4B3]]

    offered = said(
        page, "given.map((one) => sms.offenders(one).map((o) => [o.effect, o.replacement, o.safe]))", characters
    )

    here = [[[o.effect, o.replacement, o.safe] for o in offenders(character)] for character in characters]
    assert [pair for pair in zip(characters, offered, here, strict=True) if pair[1] != pair[2]] == []


def test_keeps_together_what_the_server_keeps_together(page: Page) -> None:
    strange = ["\u0600" + "a", "\u1112\u1112\uac00", "🇬🇷🇩🇪🇫", "\u200d©", "e" + "\u0301" * 80, "\ud83d", "กำ", "\u0600🇬"]
    texts = ["я" * before + one + "я" * 66 for before in range(60, 68) for one in strange]

    counted = said(page, "given.map((text) => sms.count(text).parts)", texts)

    assert counted == [count(text).parts for text in texts]


def test_replacing_twice_changes_nothing_more(page: Page) -> None:
    text = "“½ ﬁne” №5\u00a0µg"
    once = replaced(text, letters=True)

    assert once == '"½ fine" No5 µg'
    assert said(page, "sms.replaced(sms.replaced(given, {letters: true}), {letters: true})", text) == once
