"""Keys that sign what stands in links: named by one character each, so that they rotate while old links live on."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache

from django.core.exceptions import ImproperlyConfigured

KEY = re.compile(r"([0-9A-Za-z]):(.{16,})", re.DOTALL)


def parse_link_keys(texts: Sequence[str], *, otherwise: str) -> dict[str, str]:
    """Key id → secret of `<id>:<secret>`; the first signs, all verify. Without any, `otherwise` is key 0.

    Raises ImproperlyConfigured.
    """
    if not texts:
        return {"0": otherwise}
    found = [KEY.fullmatch(text) for text in texts]
    keys = {match[1]: match[2] for match in found if match}
    if len(keys) != len(texts):
        raise ImproperlyConfigured(
            "LINK_KEYS: <id>:<secret>, …; an id is one letter or digit, each once, a secret has 16 characters or more"
        )
    return keys


@cache
def derived(secret: str, *, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (at most 16 ASCII characters): what was signed for another does not verify."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=purpose.encode()).digest()
