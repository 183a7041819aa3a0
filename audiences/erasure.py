"""What else an erasure clears: apps above this one say so when they start, since nothing here knows their tables."""

from collections.abc import Callable
from typing import NamedTuple, cast

from django.utils.module_loading import import_string


class Erased(NamedTuple):
    """A contact that is being erased, with what is still known of it: `words` are names and e-mail, none empty."""

    store_id: int
    contact_id: int
    phone_hash: bytes | None
    phone: str | None = None
    words: tuple[str, ...] = ()


Clear = Callable[[Erased], object]
_clears: set[str] = set()


def also(path: str) -> None:
    """Let every erasure call the function at this dotted path with an Erased, within its transaction."""
    _clears.add(path)


def clear_all(erased: Erased) -> None:
    """Clear what other apps hold of the contact."""
    for path in sorted(_clears):
        cast("Clear", import_string(path))(erased)
