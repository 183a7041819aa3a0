"""How many SMS parts a text takes, exactly: GSM 03.38 (3GPP TS 23.038) and concatenation (TS 23.040).

One part holds 160 septets or 70 UTF-16 units; of several, each holds 153 or 67 (TS 23.040 9.2.3.24.1: the header takes
six octets). Where carriers differ the larger count is the charge:
- an escape pair or a surrogate pair at a border: the standard says "shall not be split", some carriers do; unsplit is
  never fewer parts, so that is what is counted;
- what a reader sees as one character (a flag, a family, a letter with its accent): some carriers keep it in one part;
  UCS-2 texts are counted both ways.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from typing import Final, Literal, NamedTuple

from providers.graphemes import clusters, is_open, is_plain, units

BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = "\f^{}\\[~]|€"
_BASIC_ONLY: Final = re.compile(f"[{re.escape(BASIC)}]*").fullmatch
_GSM_ONLY: Final = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*").fullmatch
_EXTENDED: Final = re.compile(f"[{re.escape(EXTENSION)}]").findall
# The septets of what needs UCS-2: still "too many" when other septets are added.
_NEVER: Final = 1 << 40

Encoding = Literal["GSM-7", "UCS-2"]


class Parts(NamedTuple):
    """`units`: septets (an extension character is two) or UTF-16 code units. `parts` is at least one, also of ''."""

    encoding: Encoding
    units: int
    parts: int


# What the count of a whole needs to know of a piece; plain tuples, because a named one costs more than measuring.
#   septets  _NEVER and more: needs UCS-2
#   escaped  has characters of two septets
#   units    UTF-16 code units
#   widest   units of its widest cluster
#   opened   its clusters may merge with a neighbour's
_Size = tuple[int, bool, int, int, bool]


def _measure(text: str) -> _Size:
    length = len(text)
    if _BASIC_ONLY(text):
        return length, False, length, 1, False
    if _GSM_ONLY(text):
        return length + len(_EXTENDED(text)), True, length, 1, False
    if is_plain(text):
        return _NEVER, False, length, 1, False
    widths = [sum(map(units, cluster)) for cluster in clusters(text)]
    return _NEVER, False, sum(widths), max(widths), is_open(text)


_size = lru_cache(maxsize=65_536)(_measure)


def count(text: str) -> Parts:
    """Encoding, units and parts of a whole message. Half surrogates count as one unit; nothing raises."""
    # Whole messages hardly repeat, and would push the values of templates out of the cache.
    septets, escaped, total, widest, _ = _measure(text)
    if septets < _NEVER:
        return Parts("GSM-7", septets, _gsm_parts(septets, escaped) or _packed_gsm(text))
    return Parts("UCS-2", total, _ucs2_parts(total, widest) or _packed_ucs2(text))


def _gsm_parts(septets: int, escaped: bool) -> int:
    """Parts of that many septets; 0 when it depends on where the pairs are."""
    if septets <= 160:
        return 1
    least = -(-septets // 153)
    # A part ends at most one septet early, before a pair.
    return least if not escaped or least == -(-septets // 152) else 0


def _ucs2_parts(total: int, widest: int) -> int:
    """Parts of that many units in clusters of at most `widest`; 0 when it depends on where the clusters are."""
    if total <= 70:
        return 1
    least = -(-total // 67)
    return least if widest == 1 or (widest <= 67 and least == -(-total // (68 - widest))) else 0


def _packed_gsm(text: str) -> int:
    return _packed((2 if character in EXTENSION else 1 for character in text), 153)


def _packed_ucs2(text: str) -> int:
    standard = _packed(map(units, text), 67)
    return max(standard, _packed(chain.from_iterable(map(_uncuttable, clusters(text))), 67))


def _uncuttable(cluster: str) -> list[int]:
    """The cluster's units in one piece, or by code point when no part could hold it."""
    widths = list(map(units, cluster))
    return widths if sum(widths) > 67 else [sum(widths)]


def _packed(widths: Iterable[int], room: int) -> int:
    parts, free = 1, room
    for width in widths:
        if width > free:
            parts, free = parts + 1, room
        free -= width
    return parts


class Counter:
    """Counts a template's messages without rendering them: literal, value, literal, value, ..., literal.

    The literals are measured once and each value once (cached), so a message costs a few additions. The result always
    equals `count` of the rendered text: where the borders of parts decide, the text is rendered after all.
    """

    def __init__(self, literals: Sequence[str]) -> None:
        """ValueError: no literals (a text without placeholders is one literal)."""
        if not literals:
            raise ValueError("at least one literal")
        self._literals = tuple(literals)
        septets, escaped, total, widest, opened = zip(*map(_measure, literals), strict=True)
        self._fixed = (sum(septets), any(escaped), sum(total), max(widest), any(opened))

    def parts(self, values: Sequence[str]) -> int:
        """Parts of the message with these values. ValueError: not one value fewer than there are literals."""
        return self.sized(values)[0]

    def sized(self, values: Sequence[str]) -> tuple[int, bool]:
        """(parts, whether GSM-7 is enough) of the message with these values. ValueError as `parts`."""
        if len(values) != len(self._literals) - 1:
            raise ValueError(f"{len(self._literals) - 1} values, not {len(values)}")
        septets, escaped, total, widest, opened = self._fixed
        for value in values:
            its_septets, its_escaped, its_units, its_widest, its_opened = _size(value)
            septets += its_septets
            escaped |= its_escaped
            total += its_units
            widest = its_widest if its_widest > widest else widest
            opened |= its_opened
        if septets < _NEVER:
            return _gsm_parts(septets, escaped) or self._rendered(values), True
        if opened and total > 70:
            return self._rendered(values), False
        return _ucs2_parts(total, widest) or self._rendered(values), False

    def _rendered(self, values: Sequence[str]) -> int:
        pieces = zip_longest(self._literals, values, fillvalue="")
        text = "".join(chain.from_iterable(pieces))
        return _packed_gsm(text) if _GSM_ONLY(text) else _packed_ucs2(text)


def compile_counter(literals: Sequence[str]) -> Counter:
    """A Counter for a template cut at its placeholders. ValueError: no literals."""
    return Counter(literals)
