"""What a public page keeps as proof of an act: enough to answer for it, too little to follow anybody."""

import ipaddress
from typing import Any

from django.http import HttpRequest

from audiences.auth import address

AGENT_MAX = 80  # characters


def of_request(request: HttpRequest) -> dict[str, Any]:
    """The network that a request came from, and the beginning of its browser's name."""
    agent = "".join(filter(str.isprintable, request.headers.get("User-Agent", "")))[:AGENT_MAX]
    found = {"network": clipped(address(request)), "agent": agent}
    return {name: value for name, value in found.items() if value}


def clipped(ip: str | None) -> str:
    """The network of an address: /24 of IPv4, /48 of IPv6. Empty for none."""
    if not ip:
        return ""
    parsed = ipaddress.ip_address(ip)
    width = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{parsed}/{width}", strict=False))
