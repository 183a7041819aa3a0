"""Addresses that others are put behind: a scheme and a host, perhaps a port, and nothing else."""

import re
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

ORIGIN_MAX: Final = 60  # links begin with it: each character is paid for in every message
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
_THIS_MACHINE: Final = ("localhost", "127.0.0.1")


def is_origin(url: str) -> bool:
    """Whether links may begin with this: https and a host in ASCII. Plain http only for this machine, to try it out."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port or an IPv6 address that cannot be
        return False
    known = host in _THIS_MACHINE if parts.scheme == "http" else parts.scheme == "https" and _HOST.fullmatch(host)
    whole = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return bool(known) and url == whole and len(url) <= ORIGIN_MAX


def parse_origin(url: str, *, name: str) -> str:
    """The setting `name`, without a slash at its end; it may be empty. Raises ImproperlyConfigured."""
    tidy = url.rstrip("/")
    if tidy and not is_origin(tidy):
        raise ImproperlyConfigured(f"{name}: https://, a host, and no path; at most {ORIGIN_MAX} characters")
    return tidy
