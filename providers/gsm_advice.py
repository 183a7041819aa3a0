"""Which characters make a text dearer, and what to write instead. For the composer; nothing is replaced unasked."""

from collections import Counter
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from unicodedata import name, normalize

from providers.gsm import BASIC, EXTENSION

# Characters that word processors put in by themselves, and the plain ones people meant.
_TYPOGRAPHY: Final = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "*", "·": ".",
    "…": "...", "№": "No", "×": "x", "÷": "/", "™": "(TM)", "©": "(C)", "®": "(R)", "\t": " ",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\u3000": " ",
    "\u00ad": "", "\u200b": "", "\u200c": "", "\u2060": "", "\ufeff": "", "\u2028": "\n", "\u2029": "\n",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "ð": "d",
}  # fmt: skip
# Greek capitals that GSM 03.38 leaves to the Latin letters of the same shape.
_SAME_SHAPE: Final = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True))


class Offender(NamedTuple):
    """`effect`: it turns the whole text to UCS-2 (70 instead of 160), or takes two units itself.

    `replacement` reads the same and costs less; '' means leave it out; None means that there is none.
    """

    character: str
    name: str
    times: int
    effect: Literal["ucs2", "double"]
    replacement: str | None


def offenders(text: str) -> list[Offender]:
    """The characters that force UCS-2, dearest and most frequent first; then those that take two septets."""
    found = Counter(character for character in text if character not in BASIC)
    return sorted((_offender(*entry) for entry in found.items()), key=lambda o: (o.effect != "ucs2", -o.times))


def _offender(character: str, times: int) -> Offender:
    called = name(character, f"U+{ord(character):04X}").capitalize()
    if character in EXTENSION:
        return Offender(character, called, times, "double", None)
    return Offender(character, called, times, "ucs2", _replacement(character))


@lru_cache(maxsize=4096)
def _replacement(character: str) -> str | None:
    if character in _TYPOGRAPHY:
        return _TYPOGRAPHY[character]
    letter = normalize("NFKD", character)[0]
    letter = _SAME_SHAPE.get(letter, letter)
    return letter if letter in BASIC else None
