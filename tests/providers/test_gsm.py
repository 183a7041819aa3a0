import json
import subprocess
import sys
from itertools import takewhile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.gsm import Counter, Parts, compile_counter, count
from tests.providers.gsm_cases import cases

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # 11 UTF-16 units, one picture
THAI = "ที่"  # one reader's character of three code points

# The reference knows nothing of the code under test: 3GPP TS 23.038 table 6.2.1, row by row.
ONE_SEPTET = {chr(code) for code in range(0x20, 0x7F)} - set("[\\]^`{|}~")
ONE_SEPTET |= set("£¥èéùìòÇ\nØø\rÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà")
TWO_SEPTETS = set("\x0c^{}\\[~]|€")


def slow_widths(text: str) -> tuple[list[int], int, int]:
    if set(text) <= ONE_SEPTET | TWO_SEPTETS:
        return [2 if character in TWO_SEPTETS else 1 for character in text], 160, 153
    return [len(character.encode("utf-16-le", "surrogatepass")) // 2 for character in text], 70, 67


def slow_parts(text: str) -> int:
    """The fewest parts over every way to cut between characters."""
    widths, alone, each = slow_widths(text)
    if sum(widths) <= alone:
        return 1

    fewest = [0] * (len(widths) + 1)
    for start in reversed(range(len(widths))):
        reachable = takewhile(lambda end: sum(widths[start:end]) <= each, range(start + 1, len(widths) + 1))  # noqa: B023
        fewest[start] = 1 + min(fewest[end] for end in reachable)
    return fewest[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Parts("GSM-7", 0, 1)),
        ("a", Parts("GSM-7", 1, 1)),
        ("a" * 160, Parts("GSM-7", 160, 1)),
        ("a" * 161, Parts("GSM-7", 161, 2)),
        ("a" * 306, Parts("GSM-7", 306, 2)),
        ("a" * 307, Parts("GSM-7", 307, 3)),
        ("€" * 80, Parts("GSM-7", 160, 1)),
        ("€" * 81, Parts("GSM-7", 162, 2)),
        # 153 and 1: the pair does not fit at the end of the first part, so the second begins with it.
        ("a" * 152 + "€" + "b" * 152, Parts("GSM-7", 306, 3)),
        ("a" * 151 + "€" + "b" * 153, Parts("GSM-7", 306, 2)),
        ("line\nbreak\r\n", Parts("GSM-7", 12, 1)),
        ("ΓΔΘΛΞΠΣΦΨΩ", Parts("GSM-7", 10, 1)),
        ("Καλημέρα", Parts("UCS-2", 8, 1)),
        ("ç", Parts("UCS-2", 1, 1)),
        ("\t", Parts("UCS-2", 1, 1)),
        ("\x1b", Parts("UCS-2", 1, 1)),
        ("я" * 70, Parts("UCS-2", 70, 1)),
        ("я" * 71, Parts("UCS-2", 71, 2)),
        ("я" * 134, Parts("UCS-2", 134, 2)),
        ("я" * 135, Parts("UCS-2", 135, 3)),
        ("😀" * 35, Parts("UCS-2", 70, 1)),
        ("😀" * 36, Parts("UCS-2", 72, 2)),
        ("😀" * 66, Parts("UCS-2", 132, 2)),
        # 67 holds 33 pairs and half of one, which is never cut.
        ("😀" * 67, Parts("UCS-2", 134, 3)),
        ("\ud83d", Parts("UCS-2", 1, 1)),
    ],
)
def test_counts_as_the_standard_does(text: str, expected: Parts) -> None:
    assert count(text) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("я" * 60 + FAMILY, 2),
        ("я" * 60 + FAMILY + "я" * 56, 2),
        ("я" * 60 + FAMILY + "я" * 57, 3),
        ("я" * 66 + "e\u0301" + "я" * 66, 3),
        (THAI * 44 + "ก", 2),
        (THAI * 45, 3),
        ("я" * 65 + "🇬🇷" + "я" * 65, 3),
        ("я" * 66 + "❤\ufe0f" + "я" * 65, 2),
        ("я" * 66 + "❤\ufe0f" + "я" * 66, 3),
        ("я" * 66 + "👍🏽" + "я" * 63, 2),
        ("я" * 66 + "\u1112\u1161\u11ab" + "я" * 65, 3),
        # No part could hold it, so it is cut by code points.
        ("e" + "\u0301" * 140, 3),
    ],
)
def test_charges_for_carriers_that_keep_a_readers_character_together(text: str, parts: int) -> None:
    assert count(text).parts == parts


def test_agrees_with_the_shared_cases_where_carriers_cut_or_do_not() -> None:
    every = cases()

    wrong = [case for case in every if count(case.text) != Parts(case.encoding, case.units, case.parts)]  # type: ignore[arg-type]

    assert wrong == []
    assert len(every) >= 5000
    kept = [case for case in every if case.cut is not None]
    assert len(kept) > 50
    assert all(case.cut < case.parts for case in kept if case.cut)


alphabet = st.sampled_from("a\né €^[Δяç😀\ud800")
texts = st.builds(
    lambda chunk, times, tail: chunk * times + tail,
    st.text(alphabet, min_size=1, max_size=12),
    st.integers(1, 40),
    st.text(alphabet, max_size=8),
)


@settings(max_examples=300, deadline=None)
@given(texts)
@example("a" * 152 + "€" * 100)
@example("😀" * 34 + "a" + "😀" * 34)
def test_agrees_with_a_slow_reference(text: str) -> None:
    widths, _, _ = slow_widths(text)

    result = count(text)

    assert (result.units, result.parts) == (sum(widths), slow_parts(text))


pieces = st.text(st.sampled_from("ab€^éяe\u0301\u200d👩👍🏽🇬🇷❤\ufe0f\u1112\u1161กี่\u0600"), max_size=90)
fillers = st.builds(str.__mul__, st.sampled_from(["", "a", "я", "€", "😀"]), st.integers(0, 160))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_template_counts_exactly_as_its_rendered_message(data: st.DataObject) -> None:
    values = data.draw(st.lists(st.one_of(pieces, fillers), max_size=4))
    literals = data.draw(st.lists(st.one_of(pieces, fillers), min_size=len(values) + 1, max_size=len(values) + 1))
    rendered = literals[0] + "".join(value + literal for value, literal in zip(values, literals[1:], strict=True))

    parts = compile_counter(literals).parts(values)

    assert parts == count(rendered).parts


@pytest.mark.parametrize(("before", "parts"), [(150, 2), (151, 2), (152, 3), (153, 3)])
def test_a_pair_at_the_border_is_seen_through_the_template(before: int, parts: int) -> None:
    counter = Counter(["a" * before, "b" * 152])

    assert counter.parts(["€"]) == parts


def test_never_counts_less_than_the_standard_for_joined_characters() -> None:
    for times in range(1, 60):
        text = (THAI + FAMILY + "я") * times

        assert count(text).parts >= slow_parts(text)


@pytest.mark.parametrize(("literals", "values"), [([], []), (["a"], ["b"]), (["a", "b"], [])])
def test_a_template_that_does_not_fit_its_values_is_refused(literals: list[str], values: list[str]) -> None:
    with pytest.raises(ValueError):
        Counter(literals).parts(values)


def test_needs_no_django() -> None:
    script = "import json, sys, providers.registry, providers.gsm_advice; print(json.dumps(list(sys.modules)))"

    loaded = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)

    assert not {"django", "celery", "config"} & set(loaded)
