"""One moment: what is put together from several reads is read once, so that its parts fit together."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Read = TypeVar("Read")

_seen: ContextVar[dict[Hashable, Any] | None] = ContextVar("seen", default=None)


@contextmanager
def at_one_moment() -> Iterator[None]:
    """Within it whatever goes through `once` is read once. For reading alone: what is changed there is not seen."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def is_one_moment() -> bool:
    """Whether what is read now will be remembered."""
    return _seen.get() is not None


def once(key: Hashable, read: Callable[[], Read]) -> Read:
    """What `read` says; within `at_one_moment` what it said the first time for this key."""
    seen = _seen.get()
    if seen is None:
        return read()
    if key not in seen:
        seen[key] = read()
    return seen[key]  # type: ignore[no-any-return]
