"""Which characters make a text dearer, and what to write instead. Nothing is replaced unasked.

The browser's twin is campaigns/static/campaigns/sms.js; tests/browser/test_sms_js.py compares their answers.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from unicodedata import category, name, normalize

from providers.gsm import BASIC, EXTENSION

# What word processors put in by themselves, and the plain signs people meant: they read the same.
_SIGNS: Final = {
    "'": "‘’‚‛′´`ʼ‹›",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−",
    " ": "\t\u00a0\u2002\u2003\u2007\u2009\u202f\u3000",
    "\n": "\u2028\u2029",
    "": "\u00ad\u200b\u2060\ufeff",
    "*": "•",
    ".": "·",
    "...": "…",
    "No": "№",
    "x": "×",
    "/": "÷⁄",
    "(TM)": "™",
    "(C)": "©",
    "(R)": "®",
}
# Greek capitals that GSM 03.38 leaves to the Latin letters of the same shape.
_SAME_SHAPE: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))
_TYPOGRAPHY: Final = {costly: plain for plain, many in _SIGNS.items() for costly in many} | _SAME_SHAPE
# Other letters: a reader understands, and sees a difference. (ZWNJ shapes words in Persian.)
_LETTERS: Final = {
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "ð": "d", "ẞ": "ß", "\u200c": "",
}  # fmt: skip


_GSM_ONLY: Final = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*").fullmatch


class Offender(NamedTuple):
    """`effect`: it turns the whole text to UCS-2 (70 instead of 160), or takes two septets itself.

    `replacement` costs less; '' means leave it out; None means that there is none. `safe`: it reads the same (another
    kind of quotation mark); otherwise a reader sees a difference (a letter without its accent, Greek in capitals).
    """

    character: str
    name: str
    times: int
    effect: Literal["ucs2", "double"]
    replacement: str | None
    safe: bool


def offenders(text: str) -> list[Offender]:
    """The characters that force UCS-2, most frequent first; then those that take two septets."""
    found = Counter(character for character in text if character not in BASIC)
    return ranked(found)


def ranked(found: "Counter[str]") -> list[Offender]:
    """As `offenders`, from how often each character occurs."""
    every = (_offender(character, times) for character, times in found.items() if character not in BASIC)
    return sorted(every, key=lambda o: (o.effect != "ucs2", -o.times))


def _offender(character: str, times: int) -> Offender:
    called = name(character, f"U+{ord(character):04X}").capitalize()
    if character in EXTENSION:
        return Offender(character, called, times, "double", None, safe=False)
    return Offender(character, called, times, "ucs2", _replacement(character), safe=character in _TYPOGRAPHY)


def replaced(text: str, *, letters: bool = False) -> str:
    """The text with its costly characters replaced: those that read the same, with `letters` the others too.

    What has no replacement stays. Nothing that GSM-7 can write is changed.
    """
    return "".join(_plain(character, letters=letters) for character in text)


def plain(value: str) -> str:
    """A name in characters of GSM-7 alone; as it is when any of it cannot be written so, for then nothing is saved."""
    return value if _GSM_ONLY(value) else _plainly(value)


@lru_cache(maxsize=65_536)
def _plainly(value: str) -> str:
    written = replaced(value, letters=True)
    return written if _GSM_ONLY(written) else value


def _plain(character: str, *, letters: bool) -> str:
    if character in BASIC or character in EXTENSION:
        return character
    replacement = _replacement(character)
    return replacement if replacement is not None and (letters or character in _TYPOGRAPHY) else character


@lru_cache(maxsize=4096)
def _replacement(character: str) -> str | None:
    known = _TYPOGRAPHY | _LETTERS
    if character in known:
        return known[character]
    bare = "".join(one for one in normalize("NFKD", character) if category(one) != "Mn")
    if "⁄" in bare:  # 1½ is not 11/2
        return None
    is_greek = "\u0370" <= character <= "\u03ff" or "\u1f00" <= character <= "\u1fff"
    letters = "".join(_TYPOGRAPHY.get(one, one) for one in (bare.upper() if is_greek else bare))
    return letters if bare and all(letter in BASIC for letter in letters) else None
