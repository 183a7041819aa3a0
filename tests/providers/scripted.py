"""A raw socket server that answers each request with the next of its scripted acts, byte by byte as told."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson

Act = Callable[[socket.socket], None]


@dataclass
class ScriptedServer:
    """`requests` holds (head, body) of everything that came in; `connections` counts the accepted ones."""

    listener: socket.socket
    acts: list[Act] = field(default_factory=list)
    requests: list[tuple[bytes, bytes]] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def will(self, *acts: Act) -> None:
        self.acts.extend(acts)

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := read_request(connection):
                    self.requests.append(request)
                    self.acts.pop(0)(connection)
            except OSError:
                return


def read_request(connection: socket.socket) -> tuple[bytes, bytes] | None:
    received = b""
    while b"\r\n\r\n" not in received:
        block = connection.recv(65_536)
        if not block:
            return None
        received += block
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65_536)
    return head, body


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = ScriptedServer(listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answer(status: int, content: object = b"", **headers: str) -> Act:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())

    def act(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body)

    return act


def raw(content: bytes, *, then_close: bool = True) -> Act:
    def act(connection: socket.socket) -> None:
        connection.sendall(content)
        if then_close:
            connection.shutdown(socket.SHUT_RDWR)

    return act


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def drip(head: bytes) -> Act:
    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        pause = threading.Event()
        while not pause.wait(0.05):
            connection.sendall(b" ")

    return act
