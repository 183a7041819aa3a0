"""The call itself: to the checked address with the certificate of the name, once, and never for long."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from messaging.hooks.post import Answer, Request, post
from tests.hooks.receiver import Receiver, Reply


def called(url: str, *, seconds: float = 10.0) -> Answer:
    return post(Request(url, {"Content-Type": "application/json"}, b"{}", seconds))


def test_a_2xx_is_taken_and_its_beginning_kept(receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(202, b"a" * 2000)

    answer = called(receiver.url("/hook?store=1"))

    assert (answer.ok, answer.status, answer.error, answer.text) == (True, 202, "", "a" * 500)
    assert receiver.calls[0].path == "/hook?store=1"
    assert receiver.calls[0].headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_anything_else_is_not(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: Reply(status, b"\xff\x00no")

    answer = called(receiver.url())

    assert (answer.ok, answer.status, answer.error) == (False, status, f"Answered {status}.")
    assert answer.text == "�no"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: Reply(status, b"", {"Location": receiver.url("/elsewhere")})

    answer = called(receiver.url())

    assert (answer.ok, answer.error) == (False, "Redirects are not followed.")
    assert [call.path for call in receiver.calls] == ["/hook"]


def test_an_answer_that_does_not_come_is_waited_for_only_so_long(receiver: Receiver) -> None:
    receiver.answer = receiver.hang

    answer = called(receiver.url(), seconds=0.3)

    assert (answer.status, answer.error) == (None, "No answer within 0.3 s.")


class Raw:
    """A server that writes what it is told, piece by piece, whatever it is asked."""

    def __init__(self, *pieces: bytes, pause: float = 0.0, forever: bytes = b"") -> None:
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._serve, args=(pieces, pause, forever), daemon=True).start()

    def _serve(self, pieces: tuple[bytes, ...], pause: float, forever: bytes) -> None:
        try:
            caller, _ = self._listening.accept()
            with caller:
                for piece in pieces:
                    caller.sendall(piece)
                while forever and not self.over.wait(pause):
                    caller.sendall(forever)
        except OSError:
            return

    def stop(self) -> None:
        self.over.set()
        self._listening.close()


def raw(*pieces: bytes, **options: Any) -> Answer:
    server = Raw(*pieces, **options)
    try:
        return called(server.url, seconds=1.0)
    finally:
        server.stop()


@pytest.mark.usefixtures("receiver")
def test_an_answer_that_drips_is_cut_off(settings: Settings) -> None:
    started = time.monotonic()

    answer = raw(b"HTTP/1.1 200 OK\r\n", pause=0.05, forever=b"X-Drip: 1\r\n")

    assert (answer.status, answer.error) == (None, "No answer within 1 s.")
    assert time.monotonic() - started < 30


@pytest.mark.usefixtures("receiver")
def test_a_body_without_end_is_not_read_to_it() -> None:
    answer = raw(b"HTTP/1.1 200 OK\r\n\r\n", pause=0.0, forever=b"x" * 65536)

    assert (answer.ok, answer.text) == (True, "x" * 500)


@pytest.mark.usefixtures("receiver")
@pytest.mark.parametrize(
    "answered", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n"]
)
def test_what_is_no_http_is_no_answer(answered: bytes) -> None:
    answer = raw(answered)

    assert (answer.ok, answer.status) == (False, None)
    assert answer.error.startswith("No answer")


def test_nobody_there_is_said_so(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert called(f"http://127.0.0.1:{port}/").error == "The connection was refused."


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "http://8.8.8.8/"])
def test_a_private_address_is_not_even_called(receiver: Receiver, settings: Settings, url: str) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    answer = called(url)

    assert (answer.status, answer.ok) == (None, False)
    assert answer.error in {
        "The host is, or resolves to, an address that is not public.",
        "The URL must begin with https://.",
    }


def test_the_address_that_was_checked_is_the_one_that_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means something else at the second look has no second look."""
    look_up, asked = socket.getaddrinfo, []

    def rebinding(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host != "shop.example":
            return look_up(host, port, *args, **options)
        asked.append(host)
        return look_up("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    answer = called(f"http://shop.example:{receiver.port}/hook")

    assert answer.ok
    assert asked == ["shop.example"]
    assert receiver.calls[0].headers["host"] == f"shop.example:{receiver.port}"


# TLS ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """The receiver behind a certificate for shop.example, which we trust; every name is this machine."""
    certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    receiver._server.socket = context.wrap_socket(receiver._server.socket, server_side=True)
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "cert.pem"))
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, port, *a, **o: look_up("127.0.0.1", port, *a, **o))
    return receiver


def certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("shop.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


def test_the_certificate_must_be_the_names_although_the_address_is_called(secure: Receiver) -> None:
    good = called(f"https://shop.example:{secure.port}/hook")
    bad = called(f"https://other.example:{secure.port}/hook")

    assert (good.ok, good.status) == (True, 200)
    assert bad.status is None
    assert bad.error.startswith("The certificate is not valid: Hostname mismatch")
    assert len(secure.calls) == 1


def test_a_certificate_that_nobody_signed_is_refused(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    certificate(tmp_path / "other")
    monkeypatch.setattr(certifi, "where", lambda: str(tmp_path / "other" / "cert.pem"))

    answer = called(f"https://shop.example:{secure.port}/hook")

    assert answer.error.startswith("The certificate is not valid")
    assert secure.calls == []


def test_plain_http_where_tls_was_expected_is_no_answer(receiver: Receiver) -> None:
    answer = called(f"https://127.0.0.1:{receiver.port}/hook", seconds=2.0)

    assert answer.status is None
    assert "TLS failed" in answer.error or "No answer" in answer.error
