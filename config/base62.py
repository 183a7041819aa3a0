"""Base 62 for what stands in links: letters and digits alone.

Each is one septet of GSM 03.38, and phones take none of them for the end of an address.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS: Final = {letter: digit for digit, letter in enumerate(ALPHABET)}


def number(text: str) -> int | None:
    """The number that the digits spell, the highest first; None for anything that is not one of them."""
    whole = 0
    for letter in text:
        digit = DIGITS.get(letter)
        if digit is None:
            return None
        whole = whole * 62 + digit
    return whole
