"""The code of a short link: twelve letters and digits that say whose link it is, and prove that we wrote it.

    bit  70     68 67              44 43        40 39                  0
        +---------+------------------+------------+--------------------+
        |  key 3  |      tag 24      |   link 4   |    recipient 40    |   71 bits: 12 digits of base 62 hold 71.45
        +---------+------------------+------------+--------------------+
                                     |<-  masked by key and tag  ---->|

    key        three bits of the id of the key that signed it: the keys with these bits are tried
    tag        24 bits of the keyed hash of link and recipient
    masked     link and recipient, XOR 44 bits of the keyed hash of key and tag

The keyed hash is BLAKE2b as a MAC (RFC 7693): five times as fast as HMAC here, and it is made twice per link of a
message. Nothing is stored for a code, and the same recipient and link have the same one for ever. Both can be read
back from it, so no two codes of a key are equal. Who has one learns nothing of recipients and their number, and each
change of it is believed with a chance of 2^-24; a guess out of nowhere also has to meet a recipient that exists.
Limits: 15 links in a message, 2^40 recipients (a million million) over all time.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from config.base62 import ALPHABET, DIGITS
from config.base62 import number as number_of
from config.link_keys import derived

LENGTH: Final = 12
LINKS_MAX: Final = 15
RECIPIENTS_END: Final = 1 << 40

# What stands for a code where there is no recipient yet. It is above 71 bits, so it can never be one.
SAMPLE: Final = "x" * LENGTH

_MASK_BITS: Final = 44
_CODES_END: Final = 1 << 71
_HALF: Final = 62**6
_PAIR: Final = 62**2
_PAIRS: Final = tuple(first + second for first in ALPHABET for second in ALPHABET)


class Mark(NamedTuple):
    """What a code says: the recipient, and the number of the link in its campaign."""

    recipient_id: int
    number: int


class Key(NamedTuple):
    """A key of LINK_KEYS: the bits of its id, and the two hashes that have taken in what is made of its secret."""

    bits: int
    tag: "blake2b"
    mask: "blake2b"


def derive(key_id: str, secret: str) -> Key:
    """A key by its id, a letter or digit. What is made of the secret here is used for these codes alone."""
    key = derived(secret, purpose="short-links")
    hashes = (blake2b(key=key, digest_size=8, person=person) for person in (b"link-tag", b"link-mask"))
    return Key(DIGITS[key_id] & 7, *hashes)


def write(key: Key, *, recipient_id: int, number: int) -> str:
    """The code of a recipient's link; about 3 µs. ValueError beyond the limits."""
    if not (0 < number <= LINKS_MAX and 0 <= recipient_id < RECIPIENTS_END):
        raise ValueError("no code for this link or recipient")
    said = number << 40 | recipient_id
    head = key.bits << 24 | _tag(key, said)
    return _spell(head << _MASK_BITS | said ^ _mask(key, head))


def read(keys: Iterable[Key], code: str) -> Mark | None:
    """What a code says if one of the keys signed it, else None, for anything."""
    whole = _value(code)
    if whole is None or whole >= _CODES_END:
        return None
    head, masked = divmod(whole, 1 << _MASK_BITS)
    for key in keys:
        said = masked ^ _mask(key, head)
        if key.bits << 24 | _tag(key, said) == head:  # no secret is compared: who asks has chosen both sides
            return Mark(said % RECIPIENTS_END, said // RECIPIENTS_END)
    return None


def _tag(key: Key, said: int) -> int:
    return _hashed(key.tag, said.to_bytes(6)) >> 40


def _mask(key: Key, head: int) -> int:
    return _hashed(key.mask, head.to_bytes(4)) >> 20


def _hashed(keyed: "blake2b", data: bytes) -> int:
    """64 bits."""
    mac = keyed.copy()
    mac.update(data)
    return int.from_bytes(mac.digest())


def _spell(whole: int) -> str:
    high, low = divmod(whole, _HALF)
    first, second = divmod(high, _PAIR)
    third, fourth = divmod(low, _PAIR)
    pairs = _PAIRS
    return (
        f"{pairs[first // _PAIR]}{pairs[first % _PAIR]}{pairs[second]}"
        f"{pairs[third // _PAIR]}{pairs[third % _PAIR]}{pairs[fourth]}"
    )


def _value(code: str) -> int | None:
    """The number that twelve digits spell, None for anything else."""
    return number_of(code) if len(code) == LENGTH else None
