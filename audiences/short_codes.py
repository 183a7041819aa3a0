"""Two ids in nineteen letters and digits that only we can write: what stands behind the slash of a link in a message.

A code is the character of its key and 18 of base 62: 47 bits of HMAC (BLAKE2b) over both ids, then the ids, masked by
a second hash of those bits (the order of SIV, RFC 5297). Nothing is stored for it; the same ids give the same code; it
tells nobody how many customers a store has; every character is one septet of GSM-7, and none is cut off by a phone
that turns addresses in texts into links.
"""

import hashlib
from typing import NamedTuple

from django.conf import settings

from config.base62 import ALPHABET
from config.base62 import number as number_of
from config.link_keys import derived

LENGTH = 19  # characters
STORE_BITS, NUMBER_BITS, MAC_BITS = 24, 36, 47  # 107 in all: 62 ** 18 is a little more than 2 ** 107
ID_BITS = STORE_BITS + NUMBER_BITS


class Code(NamedTuple):
    """What a code says, and the id of the key that signed it."""

    store_id: int
    number: int
    key_id: str


def seal(*, purpose: str, store_id: int, number: int) -> str:
    """The code of a store's `number`, for one purpose alone, signed by the first of LINK_KEYS. 6 µs.

    Raises ValueError for ids that have no room (16 million stores, 68 thousand million numbers).
    """
    if not 0 < store_id < 1 << STORE_BITS or not 0 < number < 1 << NUMBER_BITS:
        raise ValueError("an id that has no room in a code")
    key_id, secret = next(iter(settings.LINK_KEYS.items()))
    key = derived(secret, purpose=purpose)
    ids = store_id << NUMBER_BITS | number
    mac = _mac(ids, key)
    return key_id + _letters(mac << ID_BITS | ids ^ _mask(mac, key))


def unseal(text: str, *, purpose: str) -> Code | None:
    """What a code of this purpose says; None for whatever we did not write, or signed with a key that is gone."""
    secret = settings.LINK_KEYS.get(text[:1])
    whole = number_of(text[1:]) if len(text) == LENGTH else None
    if secret is None or whole is None:
        return None
    key, mac = derived(secret, purpose=purpose), whole >> ID_BITS
    if mac >> MAC_BITS:
        return None
    ids = whole & (1 << ID_BITS) - 1 ^ _mask(mac, key)
    if _mac(ids, key) != mac:  # no secret is compared: who asks has chosen both sides
        return None
    return Code(ids >> NUMBER_BITS, ids & (1 << NUMBER_BITS) - 1, text[0])


def _mac(ids: int, key: bytes) -> int:
    return _hash(ids, key, person=b"code-mac") >> 64 - MAC_BITS


def _mask(mac: int, key: bytes) -> int:
    return _hash(mac, key, person=b"code-mask") >> 64 - ID_BITS


def _hash(number: int, key: bytes, *, person: bytes) -> int:
    digest = hashlib.blake2b(number.to_bytes(8, "big"), key=key, digest_size=8, person=person).digest()
    return int.from_bytes(digest, "big")


def _letters(number: int) -> str:
    found = []
    for _ in range(LENGTH - 1):
        number, value = divmod(number, 62)
        found.append(ALPHABET[value])
    return "".join(reversed(found))
