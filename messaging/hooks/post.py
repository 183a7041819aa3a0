"""One POST to one checked address, with a hard deadline over DNS, TCP, TLS, request and answer; plain Python threads.

Nothing here touches the database. No redirect is followed: where it points was never checked. No proxy of the
environment is used: it would resolve the name anew.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

import certifi

from messaging.hooks.addresses import BadAddress, Target, checked, parse
from messaging.models.hooks import ANSWER_BYTES

LONGEST_WAIT = 3600.0  # seconds of a Retry-After that are honoured


class Request(NamedTuple):
    """What is to be posted, and where. `seconds`: for everything."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Answer(NamedTuple):
    """What came of it. `status` is None when no answer came, and then `error` says why, for the endpoint's owner.

    `text`: the beginning of the answer's body; `retry_after`: seconds that the endpoint asked for.
    """

    status: int | None
    error: str
    text: str
    milliseconds: int
    retry_after: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it was taken: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


class _Deadline:
    """Shuts a socket down when the time is over: a time-out of the socket starts anew with every byte."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self.over = False
        self._sock = sock
        self._timer = threading.Timer(max(seconds, 0.0), self._end)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        try:
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # not the TLS one's: it is in use by the other thread
        except OSError:
            return


def post(request: Request) -> Answer:
    """Post, and say what came of it; never raises for anything that the outside does."""
    started = time.monotonic()
    try:
        target = parse(request.url)
        addresses = checked(target, seconds=request.seconds)
        answer = _call(target, addresses, request, ends=started + request.seconds)
    except BadAddress as error:
        answer = Answer(None, str(error), "", 0)
    return answer._replace(milliseconds=int((time.monotonic() - started) * 1000))


def _call(target: Target, addresses: list[str], request: Request, *, ends: float) -> Answer:
    deadline: _Deadline | None = None
    try:
        with _connected(target, addresses, ends=ends) as sock, _Deadline(sock, ends - time.monotonic()) as deadline:
            return _exchange(target, sock, request, deadline=deadline)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if (deadline and deadline.over) or isinstance(error, TimeoutError):
            return Answer(None, f"No answer within {request.seconds:g} s.", "", 0)
        return Answer(None, _said(error), "", 0)


def _connected(target: Target, addresses: list[str], *, ends: float) -> socket.socket:
    """A TCP connection to the first address that takes one; for https not yet shaken hands on."""
    for position, address in enumerate(addresses, 1):
        try:
            sock = socket.create_connection((address, target.port), timeout=max(ends - time.monotonic(), 0.01))
            break
        except OSError:
            if position == len(addresses) or time.monotonic() >= ends:
                raise
    if not target.secure:
        return sock
    context = ssl.create_default_context(cafile=certifi.where())
    return context.wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)


def _exchange(target: Target, sock: socket.socket, request: Request, *, deadline: _Deadline) -> Answer:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    sent = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "identity", **request.headers}
    connection.request("POST", target.path, body=request.body, headers=sent)
    response = connection.getresponse()
    if deadline.over:  # headers that were cut off look like headers that ended
        raise TimeoutError
    return Answer(response.status, _meaning(response.status), _beginning(response), 0, _wait(response))


def _beginning(response: http.client.HTTPResponse) -> str:
    """The first bytes of the body; the status has decided already, so a body that breaks off or hangs is no failure."""
    try:
        return response.read(ANSWER_BYTES).decode("utf-8", "replace").replace("\0", "")
    except (OSError, http.client.HTTPException, ValueError):
        return ""


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return "Redirects are not followed."
    return "" if 200 <= status < 300 else f"Answered {status}."


def _wait(response: http.client.HTTPResponse) -> float:
    """Seconds of a Retry-After in its numeric form; its date form is for browsers."""
    text = response.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0


def _said(error: Exception) -> str:
    """What went wrong, without addresses."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or 'no reason given'})."
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    return f"No answer ({type(error).__name__})."
