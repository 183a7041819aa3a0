"""Where a webhook may go: https, a listed port, and a host all of whose addresses are public ones.

We resolve, check every address and then connect to a checked one: what the name means a moment later does not matter.
The lists are IANA's special-purpose registries for IPv4 and IPv6, written out because Python's own `is_global` differs
between its versions.
"""

import ipaddress
import re
import socket
import threading
from queue import Empty, SimpleQueue
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PRIVATE_4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata services of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, as are 198.51.100 and 203.0.113
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast
    )
)
# Only global unicast is allowed at all: so ::1, ::ffff:0:0/96, fc00::/7, fe80::/10 and ff00::/8 are out by themselves.
GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
PRIVATE_6 = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 carries any IPv4 address
        "3fff::/20",  # documentation
    )
)
PRINTABLE = re.compile(r"[!-~]+")


class BadAddress(Exception):
    """Not an address that we post to. `code` is for machines, the text for people; neither names what was resolved."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class Target(NamedTuple):
    """A URL taken apart. `path` includes the query; `authority` is what the Host header says."""

    secure: bool
    host: str
    port: int
    path: str
    authority: str


def parse(url: str) -> Target:
    """Take a webhook's URL apart. Raises BadAddress for one that we do not post to, before anything is resolved."""
    if not PRINTABLE.fullmatch(url) or "\\" in url:
        raise BadAddress("bad_url", "Not a URL: only printable ASCII, other letters percent-encoded or in punycode.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadAddress("bad_url", "Not a URL.") from None
    private = settings.WEBHOOKS_ALLOW_PRIVATE
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise BadAddress("bad_scheme", "The URL must begin with https://.")
    if not host or "%" in host or parts.fragment:
        raise BadAddress("bad_url", "A host and no fragment.")
    if "@" in parts.netloc:
        raise BadAddress("credentials_in_url", "No user name or password in the URL: the signature says who we are.")
    secure = parts.scheme == "https"
    number = (443 if secure else 80) if port is None else port
    if not number or (not private and number not in settings.WEBHOOK_PORTS):
        allowed = ", ".join(map(str, settings.WEBHOOK_PORTS))
        raise BadAddress("bad_port", f"One of these ports: {allowed}.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, number, path, parts.netloc)


def checked(target: Target, *, seconds: float) -> list[str]:
    """The addresses of the target's host, every one of which may be connected to. Raises BadAddress.

    Takes at most `seconds`.
    """
    found = resolve(target.host, target.port, seconds=seconds)
    if not settings.WEBHOOKS_ALLOW_PRIVATE and not all(is_public(ipaddress.ip_address(one)) for one in found):
        raise BadAddress("private_address", "The host is, or resolves to, an address that is not public.")
    return found


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, and not a way of writing one that is not."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in PRIVATE_4)
    if address in NAT64:  # how an IPv6-only network reaches IPv4: what counts is the address within
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in GLOBAL_6 and not any(address in block for block in PRIVATE_6)


def resolve(host: str, port: int, *, seconds: float) -> list[str]:
    """Every address of a host, once each, as text. Raises BadAddress when there is none within `seconds`.

    In a thread of its own: the look-up has no time-out of its own, and must not hold up whoever asked.
    """
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()
    threading.Thread(target=_look_up, args=(host, port, answers), name="resolve", daemon=True).start()
    try:
        found = answers.get(timeout=max(seconds, 0.01))
    except Empty:
        raise BadAddress("unresolvable", "The host's name was not resolved in time.") from None
    if isinstance(found, OSError) or not found:
        raise BadAddress("unresolvable", "The host's name cannot be resolved.")
    return found


def _look_up(host: str, port: int, answers: "SimpleQueue[list[str] | OSError]") -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label of more than 63 characters
        answers.put(error if isinstance(error, OSError) else OSError(str(error)))
    else:
        answers.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
