"""Addresses in a text: what a reader, and a phone, takes for a link.

`https://…`, `http://…` and `www.…` (which is read as http). A bare `shop.example` is none: too many words with a dot
are not meant as links. The sentence's own punctuation behind an address is not part of it, nor a bracket around it.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import idna
from django.utils.encoding import iri_to_uri

URL_MAX: Final = 2000
# Letters of any script, digits, and the signs of RFC 3986 and those that browsers take beside them.
_ADDRESS: Final = re.compile(
    r"(?:(?<![A-Za-z0-9])https?://|(?<![\w@/.:-])www\.)[\w\-.~:/?#\[\]@!$&'()*+,;=%{}|^\\]+", re.IGNORECASE
)
_PUNCTUATION: Final = ".,;:!?'*\u037e\u0387\u00b7"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}


class Found(NamedTuple):
    """An address from `start` to `end` of a text, and where it leads."""

    start: int
    end: int
    url: str


def addresses(text: str, *, glued_before: bool = False, glued_behind: bool = False) -> Iterator[Found]:
    """The addresses in a text, in order.

    `glued_before`, `glued_behind`: a placeholder follows there, so an address at that end is only a part of one.
    """
    for match in _ADDRESS.finditer(text):
        start, end = match.span()
        if (glued_before and start == 0) or (glued_behind and end == len(text)):
            continue
        written = _without_punctuation(match.group())
        url = target(written)
        if url is not None:
            yield Found(start, start + len(written), url)


def _without_punctuation(written: str) -> str:
    while written:
        last = written[-1]
        opening = _BRACKETS.get(last)
        if last not in _PUNCTUATION and (opening is None or written.count(opening) >= written.count(last)):
            break
        written = written[:-1]
    return written


def target(written: str) -> str | None:
    """Where an address leads, in ASCII: the host as in the DNS, the rest percent-encoded. None when it leads nowhere.

    An address with a name or password in front of the host is none: it would only hide where it leads.
    """
    whole = written if "://" in written else f"http://{written}"
    try:
        parts = urlsplit(whole)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:  # a port, an IPv6 address or a name that cannot be
        return None
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not host:
        return None
    netloc = host if port is None else f"{host}:{port}"
    url = iri_to_uri(urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment)))
    return url if url.isascii() and len(url) <= URL_MAX else None


def _host(name: str) -> str:
    """The host in ASCII, '' when it cannot be one. ValueError (idna's are) for a name that no registry would take."""
    if ":" in name:
        return f"[{name}]"
    if "." not in name.rstrip(".") and name != "localhost":
        return ""
    if not name.isascii():
        return idna.encode(name, uts46=True).decode()
    return name if re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?", name) else ""
