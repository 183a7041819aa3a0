"""Our references in the address that a provider calls back, for those that have no field for them.

A call of one message carries its reference; a call of several carries all of them, each behind a mark that stands for
its number, so that no phone number is in anybody's access log.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from providers.interface import Item

MARK: Final = 12


def address(url: str, items: Sequence[Item]) -> str:
    """The callback address of one call; `url` is ours and has no query. 45 characters per item of several."""
    if len(items) == 1:
        return f"{url}?ref={items[0].reference}"
    return f"{url}?refs=" + ".".join(_mark(item.phone) + item.reference for item in items)


def reference_of(query: Mapping[str, str], phone: str) -> str | None:
    """The reference of the message to `phone` (with or without "+") in what was called; None when there is none."""
    if reference := query.get("ref"):
        return reference
    mark = _mark(phone)
    marked = (each for each in query.get("refs", "").split(".") if each.startswith(mark))
    return next((each[MARK:] for each in marked if len(each) > MARK), None)


def _mark(phone: str) -> str:
    return hashlib.sha256(phone.removeprefix("+").encode("utf-8", "replace")).hexdigest()[:MARK]
