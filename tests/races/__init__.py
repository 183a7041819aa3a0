"""Many callers at the same moment, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(n: int, fn: Callable[[int], T]) -> list[T | Exception]:
    """Call `fn(0)` … `fn(n - 1)` in n threads that start together; what each returned or raised, in that order.

    The test needs `@pytest.mark.django_db(transaction=True)`: rows of an open transaction are invisible to the threads.
    Assert sums (one winner, n - 1 losers), never who won.
    """
    start = Barrier(n)

    def call(index: int) -> T | Exception:
        try:
            connection.ensure_connection()  # so that connecting does not spread the callers out
            start.wait(timeout=30)
            return fn(index)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=n) as threads:
        return list(threads.map(call, range(n)))
