"""The stream process: a small ASGI app without Django's handler, which keeps one thread per open response."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from config.heartbeats import this_process
from config.hearts import Heart
from messaging.stream import tickets
from messaging.stream.poller import Poller, Watch
from messaging.stream.tickets import Ticket
from messaging.watchdog.watchman import Watchman, herald

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PREFIXES = ("/stream/campaigns/", "/stream/stores/")
RETRY = b"retry: 2000\n\n"  # milliseconds until a browser that lost the stream comes back
STILL_HERE = b": still here\n\n"
STILL_HERE_SECONDS = 15  # below the shortest idle time-out of common proxies (30 s)
# Then it is closed without `end`: the reader comes back through the API, where its right is looked at again.
OPEN_SECONDS = 1800
QUIET_BEATS = 4  # a campaign that is over and says nothing for so many of them ends the stream


class Stream:
    """`GET /stream/campaigns/{id}?ticket=…`: the campaign's progress now, and again whenever it changed.

    Events: `progress` (the JSON of `GET campaigns/{id}/progress`) and, last, `end`: the reader should close.
    `GET /stream/stores/{id}?ticket=…`: the store's campaigns in short, as events `campaigns`; it has no end.
    """

    def __init__(self) -> None:
        self.poller = Poller()
        self.heart: Heart | None = None
        self.watchmen: list[Watchman] = []
        page = urlsplit(settings.PUBLIC_URL)
        self.cors = [
            (b"access-control-allow-origin", f"{page.scheme}://{page.netloc}".encode()),
            (b"access-control-allow-headers", b"cache-control, last-event-id"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One connection, as the server hands it over."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Beat and watch from the server's start to its end."""
        process = this_process("stream")
        self.heart = Heart(name=process.name, kind=process.kind)
        self.watchmen = [Watchman(), herald()]
        while (message := await receive())["type"] != "lifespan.shutdown":
            self.heart.start()
            for one in self.watchmen:
                one.start()
            await send({"type": f"{message['type']}.complete"})
        for one in self.watchmen:
            await asyncio.to_thread(one.stop)
        await asyncio.to_thread(self.heart.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            await self._say(send, 200, b'{"status":"ok"}')
        elif not path.startswith(PREFIXES):
            await self._say(send, 404, b'{"code":"NOT_FOUND"}')
        elif method == "OPTIONS":
            await self._say(send, 204, b"")
        elif method != "GET":
            await self._say(send, 405, b'{"code":"METHOD_NOT_ALLOWED"}')
        else:
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Message, receive: Receive, send: Send) -> None:
        """Open the stream for the holder of its ticket. The ticket of another campaign does not even say it exists."""
        [text] = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[:1]
        ticket = tickets.read(text)
        if ticket is None:
            await self._say(send, 401, b'{"code":"UNAUTHENTICATED"}')
        elif scope["path"] != ticket.path:
            await self._say(send, 404, b'{"code":"NOT_FOUND"}')
        else:
            seen = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
            await self._stream(ticket, seen, receive, send)

    async def _stream(self, ticket: Ticket, seen: str, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-cache, no-transform"),
            (b"x-accel-buffering", b"no"),
            *self.cors,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _write(send, RETRY)
        with self.poller.watching(ticket) as watch:
            left = asyncio.create_task(_disconnected(receive))
            told = asyncio.create_task(_tell(watch, seen, send))
            try:
                await asyncio.wait({left, told}, timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                gone = left.done()
                left.cancel()
                told.cancel()
                await asyncio.gather(left, told, return_exceptions=True)
        if not gone:
            await send({"type": "http.response.body", "body": b""})

    async def _say(self, send: Send, status: int, body: bytes) -> None:
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *self.cors]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _tell(watch: Watch, seen: str, send: Send) -> None:
    """Write the state, and each later one, until the end. `seen`: the id of the last event that the reader has."""
    quiet = 0
    while not watch.gone:
        changed, shown = watch.changed, watch.shown
        if shown and shown.id != seen:
            seen, quiet = shown.id, 0
            await _write(send, b"id: %b\nevent: %b\ndata: %b\n\n" % (seen.encode(), shown.event, shown.data))
        if shown and (shown.settled or (shown.over and quiet >= QUIET_BEATS)):
            break
        if not changed.is_set() and not await _happens(changed):
            quiet += 1
            await _write(send, STILL_HERE)
    await _write(send, b"event: end\ndata: {}\n\n")


async def _happens(event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), STILL_HERE_SECONDS)
    except TimeoutError:
        return False
    return True


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
