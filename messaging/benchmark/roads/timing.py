"""Requests one after the other, in milliseconds."""

from collections.abc import Callable

from messaging.benchmark.shop import Timed


def timings(request: Callable[[], Timed], *, times: int) -> list[float]:
    """Milliseconds of each of so many requests; the first ones, which warm up, are left out."""
    for _ in range(5):
        request()
    return [request().seconds * 1000 for _ in range(times)]
