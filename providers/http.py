"""One HTTP request on a connection that was opened beforehand, with a hard total deadline.

Two failures, and the difference is money: `NotSent` (no byte of the request left: try again) and `Interrupted` (a byte
left, so it may have been processed: never try again). `requests` cannot say which one it was, and its read time-out
starts anew with each byte; hence urllib3's connections and a watchdog that shuts the socket down.
"""

import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

MAX_RESPONSE_BYTES: Final = 4 * 1024 * 1024
# Servers close idle connections after 5 s or more; a request written into a closing connection turns a harmless reset
# into an ambiguous one, so we are always first.
MAX_IDLE_SECONDS: Final = 3.5
_CHUNK: Final = 64 * 1024
_WITHOUT_BODY: Final = frozenset({204, 304})
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Heliograph"}
# urllib3 raises its own errors, http.client's, the socket's, and ValueError for impossible header values.
_FAILURES: Final = (HTTPError, HTTPException, OSError, ValueError)


class NotSent(Exception):
    """No byte of the request left this machine."""


class Interrupted(Exception):
    """At least one byte of the request left and no complete answer came back."""


class Reply(NamedTuple):
    """A complete answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Endpoint(NamedTuple):
    """Where requests go. Proxies of the environment are ignored on purpose: a proxy answers in the provider's name."""

    secure: bool
    host: str
    port: int
    prefix: str

    @classmethod
    def of(cls, base_url: str) -> "Endpoint":
        """Take a base URL apart. ValueError (without the URL, which may hold a password) when it cannot be used."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the base URL must be http:// or https:// with a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the base URL must not hold credentials, a query or a fragment")
        secure = parts.scheme == "https"
        return cls(secure, parts.hostname, parts.port or (443 if secure else 80), parts.path.rstrip("/"))


class _Written:
    """Notes that a byte may have left; never connects by itself."""

    auto_open = 0
    written = False

    def send(self, data: object) -> None:
        self.written = True
        super().send(data)  # type: ignore[misc]


class _Plain(_Written, HTTPConnection):
    pass


class _Tls(_Written, HTTPSConnection):
    pass


class _Watchdog:
    """Shuts a socket down when the time is over, whatever the thread that uses it is waiting for."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.fired = False
        self._sock = sock
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True

    def __enter__(self) -> "_Watchdog":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _fire(self) -> None:
        self.fired = True
        try:
            # The plain socket's method: the TLS one drops its state under the feet of the reading thread.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
        except OSError:
            return  # closed already


class Connection:
    """One open connection of one thread, used for one request at a time."""

    def __init__(self, endpoint: Endpoint, *, ca_file: str | None = None) -> None:
        self._endpoint = endpoint
        self._http: _Plain | _Tls = _tls(endpoint, ca_file) if endpoint.secure else _Plain(endpoint.host, endpoint.port)
        self._idle_since = 0.0
        self._pid = os.getpid()

    def open(self, deadline_seconds: float) -> None:
        """DNS, TCP and TLS; a slow name server may take longer than the deadline. Raises NotSent."""
        self._http.timeout = deadline_seconds
        try:
            self._http.connect()
        except _FAILURES as error:
            self.close()
            raise NotSent(_describe(error)) from error
        self._idle_since = time.monotonic()

    def is_fresh(self) -> bool:
        """True while it is sure that the server has not closed it: young, silent, and opened by this very process."""
        young = time.monotonic() - self._idle_since < MAX_IDLE_SECONDS
        return young and self._pid == os.getpid() and self._http.is_connected

    def exchange(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None, deadline_seconds: float
    ) -> Reply:
        """Send one request and read its whole answer within `deadline_seconds`. Raises NotSent or Interrupted."""
        sock = self._http.sock
        if sock is None or not self._http.is_connected:
            self.close()
            raise NotSent("the connection was closed while idle")
        self._http.written = False
        self._http.timeout = deadline_seconds
        with _Watchdog(sock, deadline_seconds) as watchdog:
            try:
                self._send(method, path, headers, body)
                reply = self._receive()
            except _FAILURES as error:
                # The socket's own time-out is the same deadline: either of the two may be first.
                late = watchdog.fired or isinstance(error, TimeoutError)
                raise self._failure("deadline" if late else _describe(error)) from error
        if watchdog.fired:
            self.close()
        self._idle_since = time.monotonic()
        return reply

    def close(self) -> None:
        """Close it; harmless when it is closed already."""
        self._http.close()

    def __del__(self) -> None:
        self.close()

    def _send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> None:
        wire_headers = {**_HEADERS, **headers}
        try:
            self._http.request(
                method,
                self._endpoint.prefix + path,
                body=body,
                headers=wire_headers,
                preload_content=False,
                decode_content=False,
            )
        except (BrokenPipeError, ConnectionResetError):
            # A server that says no (413, 401) may close before it has read everything; its answer is worth having.
            if not self._http.written:
                raise

    def _receive(self) -> Reply:
        response = self._http.getresponse()
        framed = "content-length" in response.headers or "transfer-encoding" in response.headers
        if not framed and response.status not in _WITHOUT_BODY:
            # It would end where the socket ends, so nobody could tell a whole answer from the beginning of one.
            raise HTTPException("answer without a length")
        body = bytearray()
        while chunk := response.read(_CHUNK):
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise HTTPException("answer over 4 MiB")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, headers, bytes(body))

    def _failure(self, why: str) -> NotSent | Interrupted:
        written = self._http.written
        self.close()
        return Interrupted(why) if written else NotSent(why)


class ThreadConnections:
    """One connection per thread to one endpoint, kept alive between calls while it is surely fresh."""

    def __init__(self, endpoint: Endpoint, *, ca_file: str | None = None) -> None:
        self._endpoint = endpoint
        self._ca_file = ca_file
        self._local = threading.local()

    def get(self, deadline_seconds: float) -> Connection:
        """This thread's open connection, or a new one. Raises NotSent."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None and connection.is_fresh():
            return connection
        if connection is not None:
            connection.close()
        connection = Connection(self._endpoint, ca_file=self._ca_file)
        connection.open(deadline_seconds)
        self._local.connection = connection
        return connection


def _tls(endpoint: Endpoint, ca_file: str | None) -> _Tls:
    context = ssl.create_default_context(cafile=ca_file or certifi.where())
    return _Tls(endpoint.host, endpoint.port, ssl_context=context)


def _describe(error: BaseException) -> str:
    """The kind of failure without addresses or paths: these end up in logs."""
    cause = error.__cause__ or error.__context__
    return type(error).__name__ if cause is None else f"{type(error).__name__} ({type(cause).__name__})"
