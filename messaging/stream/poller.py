"""The one poller of the process: as many streams as there are, one statement a second."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from messaging.stream.changes import Mark, Shown, changes
from messaging.stream.tickets import Ticket

log = logging.getLogger(__name__)
EVERY = 1.0  # seconds
GATHER = 0.05  # seconds in which streams that open together are read together


class Watch:
    """A campaign that somebody watches. It holds the latest state alone: a slow reader skips, and nothing piles up."""

    def __init__(self) -> None:
        self.streams = 0
        self.mark: Mark | None = None
        self.shown: Shown | None = None
        self.gone = False
        self.changed = asyncio.Event()

    def publish(self, mark: Mark, shown: Shown | None) -> None:
        """Tell every stream that there is something new; None: the campaign is gone."""
        self.mark, self.shown, self.gone = mark, shown or self.shown, shown is None
        self.changed.set()
        self.changed = asyncio.Event()


class Poller:
    """Reads for all streams of the process; it runs while anybody watches."""

    def __init__(self) -> None:
        self.watches: dict[Ticket, Watch] = {}
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="poller")
        self._opened = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def watching(self, ticket: Ticket) -> Iterator[Watch]:
        """The campaign's watch while a stream is open; the first state comes at once, not at the next tick."""
        watch = self.watches.setdefault(ticket, Watch())
        watch.streams += 1
        self._opened.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield watch
        finally:
            watch.streams -= 1
            if not watch.streams:
                self.watches.pop(ticket, None)

    async def _run(self) -> None:
        while self.watches:
            self._opened.clear()
            await self._poll()
            try:
                await asyncio.wait_for(self._opened.wait(), EVERY)
                await asyncio.sleep(GATHER)
            except TimeoutError:
                continue

    async def _poll(self) -> None:
        known = {ticket: watch.mark for ticket, watch in self.watches.items()}
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, changes, known)
        except Exception:
            # The streams stay open and show the last state; the next tick asks again. Whatever it was: if the poller
            # ended, they would stay mute and look alive.
            log.exception("stream_poll_failed")
            return
        for ticket, change in found.items():
            if watch := self.watches.get(ticket):
                watch.publish(change.mark, change.shown)
