"""What a reader sees as one character (grapheme cluster), as far as some carriers refuse to cut it between two parts.

The standard library has no table of cluster boundaries, so the rules of Unicode Annex 29 are applied to general
categories: exact for accents, emoji with modifiers and joiners, flags, Thai, Indic marks and Hangul jamo. Conjuncts of
Indic consonants (a rule since Unicode 15.1) are not joined, nor do carriers join them.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from unicodedata import category

_ZWJ: Final = "\u200d"
# Marks by behaviour that Unicode files under other categories: ZWNJ, Thai and Lao AM, half-width kana voicing.
_MARKS: Final = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
_PREPENDED: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u0d4e\U000110bd\U000110cd")


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """`extends` the cluster before it, `flag` half, `leads` (Hangul initial), `symbol`, `prepends`, or `alone`."""
    code = ord(character)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "leads"
    if _is_extending(character, code):
        return "extends"
    if character in _PREPENDED:
        return "prepends"
    return "symbol" if category(character) in {"So", "Cn", "Sm", "Po"} else "alone"


def _is_extending(character: str, code: int) -> bool:
    skin_tone_or_tag = 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F
    inner_jamo = 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB
    return skin_tone_or_tag or inner_jamo or character in _MARKS or category(character).startswith("M")


def units(character: str) -> int:
    """UTF-16 code units of one code point."""
    return 1 if character <= "\uffff" else 2


def is_alone(character: str) -> bool:
    """True when it never merges with a neighbour by itself (a mark after it is the mark's doing)."""
    return _kind(character) in {"alone", "symbol"}


def is_plain(text: str) -> bool:
    """True when each character is one UTF-16 unit and a cluster of its own."""
    return all(character <= "\uffff" and is_alone(character) for character in set(text))


def is_open(text: str) -> bool:
    """True when joining `text` with other text could merge clusters across the seam."""
    return bool(text) and not (is_alone(text[0]) and is_alone(text[-1]))


def clusters(text: str) -> Iterator[str]:
    """Cut `text` into what must stay together."""
    start = 0
    for position in range(1, len(text)):
        if not _is_joined(text, start, position):
            yield text[start:position]
            start = position
    if text:
        yield text[start:]


def _is_joined(text: str, start: int, position: int) -> bool:
    before, after = text[position - 1], _kind(text[position])
    if after == "extends":
        return True
    if after == "symbol":
        return before == _ZWJ or _kind(before) == "prepends"
    if after == "flag":
        return _kind(before) == "flag" and (position - start) % 2 == 1
    if _kind(before) == "leads":
        return after == "leads" or "\uac00" <= text[position] <= "\ud7a3"
    return _kind(before) == "prepends"
