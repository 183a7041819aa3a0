"""Where a webhook may not go: whatever the URL looks like, what counts is the address that is connected to."""

import ipaddress
import socket
from threading import Event
from typing import Any

import pytest
from pytest_django import Settings

from messaging.hooks.addresses import BadAddress, Target, checked, is_public, parse

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.170",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_open_internet_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_taken(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://shop.example/hook", "bad_scheme"),
        ("ftp://shop.example/hook", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("//shop.example/hook", "bad_scheme"),
        ("shop.example/hook", "bad_scheme"),
        ("https://", "bad_url"),
        ("https:///hook", "bad_url"),
        ("https://shop.example/hook#part", "bad_url"),
        ("https://shop.example/a b", "bad_url"),
        ("https://shop.example\\@10.0.0.1/", "bad_url"),
        ("https://shop.example/\r\nX-Evil: 1", "bad_url"),
        ("https://κατάστημα.example/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://shop.example:99999/", "bad_url"),
        ("https://[fe80::1%25eth0]/", "bad_url"),
        ("https://user@shop.example/", "credentials_in_url"),
        ("https://user:secret@shop.example/", "credentials_in_url"),
        ("https://@shop.example/", "credentials_in_url"),
        ("https://shop.example:80/", "bad_port"),
        ("https://shop.example:22/", "bad_port"),
        ("https://shop.example:0/", "bad_port"),
    ],
)
def test_a_url_that_nobody_should_post_to_is_refused_before_it_is_resolved(url: str, code: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse(url)

    assert refused.value.code == code


def test_a_url_is_taken_apart() -> None:
    assert parse("https://Shop.Example:8443/hook?store=1") == Target(
        True, "shop.example", 8443, "/hook?store=1", "Shop.Example:8443"
    )
    assert parse("https://shop.example") == Target(True, "shop.example", 443, "/", "shop.example")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "localhost"]
)
def test_this_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(BadAddress) as refused:
        checked(parse(f"https://{host}/hook"), seconds=5)

    assert refused.value.code == "private_address"
    assert "127" not in str(refused.value)


def test_for_development_this_machine_plain_http_and_any_port_are_allowed(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    assert checked(parse("http://127.0.0.1:5000/hook"), seconds=5) == ["127.0.0.1"]


def name_server(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    name_server(monkeypatch, "8.8.8.8", "10.0.0.7")

    with pytest.raises(BadAddress) as refused:
        checked(parse("https://shop.example/"), seconds=5)

    assert refused.value.code == "private_address"


def test_public_addresses_are_given_back_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    name_server(monkeypatch, "8.8.8.8", "9.9.9.9", "8.8.8.8")

    assert checked(parse("https://shop.example/"), seconds=5) == ["8.8.8.8", "9.9.9.9"]


def test_a_name_that_cannot_be_resolved_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(BadAddress) as refused:
        checked(parse("https://nowhere.example/"), seconds=5)

    assert refused.value.code == "unresolvable"


def test_a_label_that_no_name_may_have_is_refused() -> None:
    with pytest.raises(BadAddress) as refused:
        checked(parse(f"https://{'a' * 64}.example/"), seconds=5)

    assert refused.value.code == "unresolvable"


def test_a_name_server_that_is_silent_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: silent.wait(30) and [])

    with pytest.raises(BadAddress) as refused:
        checked(parse("https://slow.example/"), seconds=0.05)

    assert refused.value.code == "unresolvable"
    silent.set()
