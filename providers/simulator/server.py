"""The simulator's HTTP server: the providers' addresses (see mitto, twilio, sinch), the faults that only the wire can
show, and the control addresses.

GET  /_ledger?summary=1   counts        GET /_ledger   acceptances as JSON lines (?all=1: every line)
GET, PUT /_plan           the fault plan (PUT replaces it, PATCH changes what is given)
POST /_receipts/flush     push all pending receipts now, then the summary
/stripe/…                 a stand-in for Stripe, see stripe_api
POST /_inbound?as=twilio  an inbound SMS {from, to, text, messageId}, handed to the webhook as that provider does
GET  /_health
"""

import gc
import json
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import SplitResult, parse_qs, urlsplit

import orjson

from providers.simulator.dialect import Answer, Dialect
from providers.simulator.dialects import DIALECTS, looks_up, sends
from providers.simulator.plan import Plan
from providers.simulator.provider import SimulatedProvider
from providers.simulator.stripe_api import PREFIX as STRIPE
from providers.simulator.stripe_api import StripeApi

_MAX_BODY: Final = 32 * 1024 * 1024
_JSON: Final = "application/json; charset=utf-8"
# The control addresses answer in one provider's words.
_CONTROL: Final = DIALECTS["mitto"]


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], provider: SimulatedProvider) -> None:
        super().__init__(address, _Handler)
        self.provider = provider
        self.stripe = StripeApi()
        self.stopping = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self._provider.plan.idle_seconds)

    @property
    def _server(self) -> Server:
        return cast(Server, self.server)

    @property
    def _provider(self) -> SimulatedProvider:
        return self._server.provider

    def do_POST(self) -> None:
        body, address = self._body(), urlsplit(self.path)
        path, dialect = address.path, sends(address.path)
        if body is None:
            self._reply(413, (dialect or _CONTROL).error(413))
        elif path.startswith(STRIPE):
            self._stripe(path, body)
        elif dialect:
            if self._is_let_in(dialect):
                self._play(self._provider.send(dialect, path, body))
        elif path == "/_receipts/flush":
            self._provider.pusher.flush()
            self._reply(200, orjson.dumps(self._provider.summary()))
        elif path == "/_inbound":
            self._inbound(body, DIALECTS.get(parse_qs(address.query).get("as", ["mitto"])[0]))
        else:
            self._reply(404, _CONTROL.error(404))

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith(STRIPE):
            self._stripe(address.path, b"")
        elif dialect := looks_up(address.path):
            self._look_up(dialect, address)
        elif address.path == "/_ledger":
            self._ledger(parse_qs(address.query))
        elif address.path == "/_plan":
            self._reply(200, orjson.dumps(asdict(self._provider.plan)))
        elif address.path == "/_health":
            self._reply(200, b'{"status":"ok"}')
        else:
            self._reply(404, _CONTROL.error(404))

    def do_PUT(self) -> None:
        if self.path.startswith(STRIPE):
            self._stripe(self.path, self._body() or b"")
        else:
            self._replace_plan(Plan.of)

    def do_PATCH(self) -> None:
        self._replace_plan(self._provider.plan.changed)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the ledger is the log."""

    def _stripe(self, path: str, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        base = f"http://{self.headers.get('Host', '')}"
        answer = self._server.stripe.answer(self.command, path, headers, body, base=base)
        more = {"Location": answer.location} if answer.location else {}
        self._reply(answer.status, answer.body, {"Content-Type": answer.content_type, **more})

    def _body(self) -> bytes | None:
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length <= _MAX_BODY else None

    def _is_let_in(self, dialect: Dialect) -> bool:
        given = dialect.key({name.lower(): value for name, value in self.headers.items()})
        wanted = self._provider.plan.api_key
        if given and wanted in (None, given):
            return True
        self._reply(401, dialect.error(401))
        return False

    def _look_up(self, dialect: Dialect, address: SplitResult) -> None:
        if self._is_let_in(dialect):
            found = self._provider.look_up(dialect, address)
            self._reply(404 if found is None else 200, found or dialect.error(404))

    def _replace_plan(self, change: Callable[[dict[str, Any]], Plan]) -> None:
        try:
            content = orjson.loads(self._body() or b"null")
            plan = change(content)
        except (ValueError, TypeError, AttributeError) as error:
            self._reply(422, orjson.dumps({"message": str(error)}))
            return
        self._provider.follow(plan)
        self._reply(200, orjson.dumps(asdict(plan)))

    def _inbound(self, body: bytes, dialect: Dialect | None) -> None:
        try:
            content = orjson.loads(body)
        except orjson.JSONDecodeError:
            content = None
        if dialect is None or not isinstance(content, dict):
            self._reply(400, _CONTROL.error(400))
        else:
            status = self._provider.pusher.push_inbound(dialect, content)
            self._reply(200, orjson.dumps({"webhook_status": status}))

    def _ledger(self, query: dict[str, list[str]]) -> None:
        if "summary" in query:
            self._reply(200, orjson.dumps(self._provider.summary()))
            return
        self._start(200, {"Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"})
        for chunk in self._provider.ledger.lines(everything="all" in query):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.wfile.write(b"0\r\n\r\n")

    def _play(self, answer: Answer) -> None:
        plan = self._provider.plan
        match answer.fault:
            case "hang_before" | "hang_after":
                self._server.stopping.wait(plan.hang_seconds)
                self._drop()
            case "drop_before" | "drop_after":
                self._drop()
            case "redirect":
                self._reply(301, b"", {"Location": "http://127.0.0.1:9/elsewhere"})
            case "truncated":
                self._start(200, {"Content-Type": _JSON, "Content-Length": str(len(answer.body))})
                self.wfile.write(answer.body[: len(answer.body) // 2])
                self._drop()
            case "drip":
                self._drip(answer.body, plan.drip_seconds)
            case "huge":
                self._huge(answer.body)
            case "html":
                self._reply(200, answer.body, {"Content-Type": "text/html"})
            case _:
                headers = {} if answer.retry_after is None else {"Retry-After": f"{answer.retry_after:g}"}
                self._reply(answer.status, answer.body, headers)

    def _drip(self, body: bytes, seconds: float) -> None:
        """A byte each half second: a time-out that starts anew with each byte never ends."""
        self._start(200, {"Content-Type": _JSON, "Content-Length": str(len(body))})
        for position in range(min(len(body), int(seconds * 2))):
            self.wfile.write(body[position : position + 1])
            if self._server.stopping.wait(0.5):
                break
        self._drop()

    def _huge(self, body: bytes) -> None:
        """Eight megabytes of blanks before the answer, which JSON allows."""
        blanks = b" " * (1 << 20)
        self._start(200, {"Content-Type": _JSON, "Content-Length": str(len(body) + 8 * len(blanks))})
        for _ in range(8):
            self.wfile.write(blanks)
        self.wfile.write(body)

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        # In one write: two small ones can cost 40 ms of waiting for an acknowledgement.
        lines = {"Content-Type": _JSON, "Content-Length": str(len(body)), **(headers or {})}
        self._start(status, lines, body)

    def _start(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.wfile.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + body)

    def _drop(self) -> None:
        """Reset the connection instead of closing it politely."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def serve(*, host: str, port: int, ledger: Path, plan: Plan | None, as_json: bool = False) -> None:
    """Run until SIGTERM or SIGINT. Port 0 takes a free one; the first line on stdout says which.

    Without a plan, the last one in the ledger is followed, else the default.
    """
    # A thousand short-lived dictionaries per call make the collector run all the time for nothing.
    gc.set_threshold(100_000, 20, 20)
    provider = SimulatedProvider(ledger, plan)
    server = Server((host, port), provider)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    provider.pusher.start()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://{host}:{server.server_port}"
    sys.stdout.write(f"{json.dumps({'url': url}) if as_json else f'provider simulator on {url}'}\n")
    sys.stdout.flush()
    server.stopping.wait()
    provider.pusher.stop()
    server.shutdown()
    server.server_close()
