"""A receiver of webhooks: a real HTTP server on this machine that answers as it is told to, and remembers."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call. Header names are lower case."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The body as JSON."""
        return json.loads(self.raw)

    @property
    def id(self) -> str:
        """The `webhook-id`."""
        return self.headers["webhook-id"]


class Reply(NamedTuple):
    """What is answered."""

    status: int = 200
    body: bytes = b"thanks"
    headers: dict[str, str] = {}


class Receiver:
    """`url("/a")` is an address of it; `answer` decides about each call; `calls` is what came."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Reply] = lambda _: Reply()
        self.let_go = threading.Event()  # of calls that hang
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/hook") -> str:
        """An address of it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def hang(self, _: Call) -> Reply:
        """An answer that does not come until `let_go`."""
        self.let_go.wait(60)
        return Reply()

    def events(self) -> list[str]:
        """The types of what came, in the order in which it came."""
        return [call.body["type"] for call in self.calls]

    def stop(self) -> None:
        """End it."""
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                call = Call(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
                receiver.calls.append(call)
                reply = receiver.answer(call)
                try:
                    self.send_response(reply.status)
                    for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    return  # the caller did not wait

            def log_message(self, *_: object) -> None:
                return

        return Handler
