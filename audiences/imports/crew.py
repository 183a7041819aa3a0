"""A few threads that do a list of things, each over a database connection of its own."""

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

from django.db import connection

Result = TypeVar("Result")
GONE = object()  # a thread has nothing more to do


def together(calls: Sequence[Callable[[], Result]], *, threads: int) -> Iterator[Result]:
    """The results of the calls as they come; an exception of one is raised here, and nothing new is begun.

    With one thread, or one call, everything happens here and now. Whoever stops iterating waits for what is under way.
    """
    if threads <= 1 or len(calls) <= 1:
        yield from (call() for call in calls)
        return
    results: SimpleQueue[Any] = SimpleQueue()
    left, stop = iter(calls), Event()
    crew = [Thread(target=_work, args=(left, results, stop), daemon=True) for _ in range(min(threads, len(calls)))]
    for thread in crew:
        thread.start()
    try:
        for _ in crew:
            while (result := results.get()) is not GONE:
                if isinstance(result, BaseException):
                    raise result
                yield result
    finally:
        stop.set()
        for thread in crew:
            thread.join()


def _work(left: Iterator[Callable[[], Result]], results: "SimpleQueue[Any]", stop: Event) -> None:
    """Do what is left, until nothing is or somebody says stop. A list's iterator gives each call to one thread."""
    try:
        while not stop.is_set() and (call := next(left, None)) is not None:
            results.put(call())
    except BaseException as error:
        stop.set()
        results.put(error)
    finally:
        connection.close()
        results.put(GONE)
