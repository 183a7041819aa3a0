"""How people write on telephones, made comparable: case, accents, quotes, full-width, look-alike letters, spacing.

Plain Python. A keyword and a text that went through `words` are equal when a person would call them the same.
"""

import re
import unicodedata
from typing import Final

_BREAKS: Final = re.compile(r"[^\W_]+")
_QUOTES: Final = str.maketrans("", "", "'’‘`´ʼ′\u2032")
_LETTERS: Final = str.maketrans(
    {"ı": "i", "ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ς": "σ"}
)
_LOOKS: Final = {
    # Latin: letters of Greek, then of Cyrillic, that look like it in one case or the other
    "a": "Αα" + "Аа", "b": "Β" + "В", "c": "Ϲϲ" + "Сс", "e": "Ε" + "Ее", "h": "Η" + "Нһ", "i": "Ιι" + "Іі",
    "j": "Јј", "k": "Κκ" + "Кк", "m": "Μ" + "М", "n": "Νη", "o": "Οο" + "Оо", "p": "Ρρ" + "Рр", "s": "Ѕѕ",
    "t": "Ττ" + "Тт", "u": "υ", "v": "ν" + "Ѵѵ", "x": "Χχ" + "Хх", "y": "Υγ" + "Уу", "z": "Ζ",
    "f": "Ϝ", "q": "ԛ", "w": "ԝω",
}  # fmt: skip
_TO_LATIN: Final = {ord(look): latin for latin, looks in _LOOKS.items() for look in looks}
_TO_GREEK: Final = str.maketrans("ABEZHIKMNOPTYXaiovuxkpt", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονυχκρτ")
_TO_CYRILLIC: Final = str.maketrans("ABCEHIJKMOPSTXYaceijkopsxy", "АВСЕНІЈКМОРЅТХУасеіјкорѕху")
_DIGITS: Final = str.maketrans("01@5", "oias")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{2,}")


def fold(text: str) -> str:
    """In small letters without accents; compatibility forms (full-width, ligatures, circled letters) as plain ones.

    What cannot be seen (joiners, directions, variation selectors) and apostrophes are dropped.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    seen = "".join(letter for letter in plain if unicodedata.category(letter) not in {"Mn", "Me", "Cf"})
    return seen.translate(_QUOTES).casefold().translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words of a text, folded. One that is spelled (`S.T.O.P`, `s t o p`) is one word."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if unicodedata.category(letter) != "Mn")
    seen = "".join(letter for letter in bare if unicodedata.category(letter) not in {"Me", "Cf"})
    found = [_STRETCHED.sub(r"\1", fold(_one_script(word))) for word in _BREAKS.findall(seen)]
    if len(found) > 2 and all(len(word) == 1 for word in found):
        return ["".join(found)]
    return found


def in_latin(word: str) -> str:
    """The folded word as its look-alike in Latin letters, digits too: what the eye reads (`ѕтор`, `st0p`)."""
    return word.translate(_TO_LATIN).translate(_DIGITS)


def _one_script(word: str) -> str:
    """A word of mixed letters in the script that it is meant in: Greek capitals are often typed as Latin ones."""
    scripts = {_script(letter) for letter in word} - {""}
    if len(scripts) < 2 or "latin" not in scripts:
        return word
    other = "greek" if "greek" in scripts else "cyrillic"
    foreign = [letter for letter in word if _script(letter) == other]
    if all(ord(letter) in _TO_LATIN for letter in foreign):
        return word.translate(_TO_LATIN)
    return word.translate(_TO_GREEK if other == "greek" else _TO_CYRILLIC)


def _script(letter: str) -> str:
    if "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff":
        return "greek"
    if "\u0400" <= letter <= "\u052f":
        return "cyrillic"
    return "latin" if letter.isalpha() and letter < "\u0250" else ""
