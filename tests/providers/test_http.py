import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from providers import http
from providers.http import Connection, Endpoint, Interrupted, NotSent, Reply, ThreadConnections
from tests.providers.scripted import ScriptedServer, answer, drip, raw, reset, silence


def opened(server: ScriptedServer) -> Connection:
    connection = Connection(Endpoint.of(server.url + "/base/"))
    connection.open(2)
    return connection


def exchange(connection: Connection, *, body: bytes = b"{}", deadline_seconds: float = 5) -> Reply:
    return connection.exchange("POST", "/send", headers={"X-Key": "k"}, body=body, deadline_seconds=deadline_seconds)


def test_sends_one_request_below_the_base_path(server: ScriptedServer) -> None:
    server.will(answer(200, {"ok": 1}, X_Trace="t"))

    reply = exchange(opened(server))

    head, body = server.requests[0]
    assert (reply.status, reply.body, reply.headers["x-trace"]) == (200, b'{"ok":1}', "t")
    assert head.startswith(b"POST /base/send HTTP/1.1\r\n")
    assert b"X-Key: k" in head
    assert body == b"{}"


def test_keeps_the_connection_alive(server: ScriptedServer) -> None:
    server.will(answer(200), answer(200))
    connection = opened(server)

    exchange(connection)
    exchange(connection)

    assert server.connections == 1


def test_follows_no_redirect(server: ScriptedServer) -> None:
    server.will(answer(301, Location=server.url + "/elsewhere"))

    assert exchange(opened(server)).status == 301
    assert len(server.requests) == 1


def test_ignores_proxies_of_the_environment(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.will(answer(200))

    assert exchange(opened(server)).status == 200


def test_nothing_is_sent_when_nobody_listens(server: ScriptedServer) -> None:
    connection = Connection(Endpoint.of("http://127.0.0.1:1"))

    with pytest.raises(NotSent):
        connection.open(2)


def test_nothing_is_sent_when_the_name_is_unknown() -> None:
    with pytest.raises(NotSent):
        Connection(Endpoint.of("http://no-such-host.invalid")).open(2)


def test_nothing_is_sent_when_tls_fails(server: ScriptedServer) -> None:
    connection = Connection(Endpoint.of(server.url.replace("http:", "https:")))

    with pytest.raises(NotSent):
        connection.open(0.5)
    assert server.requests == []


def test_nothing_is_sent_with_an_impossible_header(server: ScriptedServer) -> None:
    with pytest.raises(NotSent):
        opened(server).exchange("POST", "/", headers={"X-Key": "a\r\nb"}, body=b"{}", deadline_seconds=1)
    assert server.requests == []


def test_nothing_is_sent_into_a_connection_that_the_server_closed(server: ScriptedServer) -> None:
    server.will(answer(200, Connection="close"))
    connection = opened(server)
    exchange(connection)

    with pytest.raises(NotSent):
        exchange(connection)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "act",
    [
        reset,
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        raw(b"HTTP/1.1 200 OK\r\n\r\n{}"),
        raw(b"SSH-2.0-server\r\n"),
        raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
    ],
)
def test_a_broken_answer_is_an_interruption(server: ScriptedServer, act: object) -> None:
    server.will(act)  # type: ignore[arg-type]

    with pytest.raises(Interrupted):
        exchange(opened(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "act",
    [
        silence,
        drip(b""),
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    ],
)
def test_the_deadline_is_total_also_when_the_answer_drips(server: ScriptedServer, act: object) -> None:
    server.will(act)  # type: ignore[arg-type]
    connection = opened(server)
    started = time.monotonic()

    with pytest.raises(Interrupted, match="deadline"):
        exchange(connection, deadline_seconds=0.4)
    assert time.monotonic() - started < 15  # it drips for ever


def test_the_deadline_ends_a_request_that_nobody_reads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        connection = Connection(Endpoint.of(f"http://127.0.0.1:{deaf.getsockname()[1]}"))
        connection.open(2)

        with pytest.raises(Interrupted):
            exchange(connection, body=b"x" * 50_000_000, deadline_seconds=0.4)


def test_a_huge_answer_is_cut_off(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_RESPONSE_BYTES", 1000)
    server.will(answer(200, b" " * 200_000))

    with pytest.raises(Interrupted):
        exchange(opened(server))


def test_an_early_refusal_is_read_though_the_request_could_not_be_written(server: ScriptedServer) -> None:
    server.will(answer(413, {"message": "too large"}))

    assert exchange(opened(server), body=b"x" * 100).status == 413


def test_no_thread_is_left_after_a_call(server: ScriptedServer) -> None:
    server.will(answer(200))
    connection = opened(server)

    exchange(connection)

    time.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_each_thread_has_its_own_connection(server: ScriptedServer) -> None:
    connections = ThreadConnections(Endpoint.of(server.url))
    together = threading.Barrier(3)

    def mine(_: int) -> Connection:
        together.wait(5)
        return connections.get(2)

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(mine, range(3)))

    assert len(set(map(id, found))) == 3


def test_a_fresh_connection_is_used_again(server: ScriptedServer) -> None:
    connections = ThreadConnections(Endpoint.of(server.url))

    assert connections.get(2) is connections.get(2)


def test_an_old_connection_is_not_used_again(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = ThreadConnections(Endpoint.of(server.url))
    first = connections.get(2)
    monkeypatch.setattr(http, "MAX_IDLE_SECONDS", 0.0)

    assert connections.get(2) is not first


def test_a_connection_is_given_up_before_servers_close_it() -> None:
    assert http.MAX_IDLE_SECONDS < 4


def test_a_closed_connection_is_replaced(server: ScriptedServer) -> None:
    server.will(answer(200, Connection="close"), answer(200))
    connections = ThreadConnections(Endpoint.of(server.url))
    exchange(connections.get(2))

    assert exchange(connections.get(2)).status == 200


@pytest.mark.parametrize(
    "url", ["", "ftp://h", "https://", "https://user:word@h", "https://h?x=1", "https://h#x", "http://h:port"]
)
def test_refuses_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ValueError) as refusal:
        Endpoint.of(url)
    assert "word" not in str(refusal.value)


def test_an_address_has_its_default_port() -> None:
    assert Endpoint.of("https://h.example/") == Endpoint(True, "h.example", 443, "")
    assert Endpoint.of("http://[::1]:8080/a") == Endpoint(False, "::1", 8080, "/a")
