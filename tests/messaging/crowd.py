"""Thousands of readers of server-sent events in one thread, without a thread or a client library per reader."""

import asyncio
import resource
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from messaging.stream.tickets import Ticket, issue

SPARE = 300  # files that the process needs besides


class Reader(NamedTuple):
    """What one reader saw: the names of its events, and the last data of each name."""

    names: list[str]
    last: dict[str, str]


def most_readers(wanted: int) -> int:
    """How many may be open at once: raises this process's file limit, which the processes it starts inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = wanted + SPARE if hard == resource.RLIM_INFINITY else min(wanted + SPARE, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, room), hard))
    return min(wanted, max(soft, room) - SPARE)


class Crowd:
    """Many readers of one stream process. `until` waits for what all of them must have seen."""

    def __init__(self, url: str, tickets: Sequence[Ticket]) -> None:
        self.address = urlsplit(url)
        self.tickets = tickets
        self.readers = [Reader([], {}) for _ in tickets]
        self.refused: Counter[str] = Counter()

    async def run(self, act: Callable[["Crowd"], Awaitable[None]]) -> None:
        """Open all streams, do `act`, then close what is still open."""
        tasks = []
        for number in range(len(self.tickets)):
            tasks.append(asyncio.create_task(self._read(number)))
            if number % 100 == 99:  # a listening socket queues some hundred connections, not thousands
                await self._served(number - 50)
        try:
            await act(self)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, told: Callable[[list[Reader]], bool], *, seconds: float = 60) -> None:
        """Wait until what was read is as wanted; nothing is asserted about how long that takes."""
        async with asyncio.timeout(seconds):
            while not told(self.readers):
                assert not self.refused, self.refused
                await asyncio.sleep(0.02)

    async def _served(self, number: int) -> None:
        await self.until(lambda seen: sum(bool(one.names) for one in seen) >= number)

    async def _read(self, number: int) -> None:
        ticket, seen = self.tickets[number], self.readers[number]
        reading, writing = await asyncio.open_connection(self.address.hostname, self.address.port)
        try:
            writing.write(f"GET {ticket.path}?ticket={issue(ticket)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            status = (await reading.readline()).decode().split(" ")[1]
            if status != "200":
                self.refused[status] += 1
                return
            name = ""
            while line := await reading.readline():
                field, _, value = line.decode().rstrip("\r\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    seen.names.append(name)
                    seen.last[name] = value
        finally:
            writing.close()
