"""The keys of short links, as the settings say."""

from collections.abc import Sequence
from functools import cache

from django.conf import settings

from campaigns.links.codes import Key, derive


def keys() -> Sequence[Key]:
    """All that verify; the first signs."""
    return _derived(tuple(settings.LINK_KEYS.items()))


@cache
def _derived(pairs: tuple[tuple[str, str], ...]) -> list[Key]:
    return [derive(key_id, secret) for key_id, secret in pairs]
