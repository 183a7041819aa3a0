"""Port numbers of the processes: the usual ones when they are free, else whatever the system gives."""

import contextlib
import socket
from typing import NamedTuple

from launcher.locks import claim_port

HOST = "127.0.0.1"
USUAL = {"PORT": 8000, "STREAM_PORT": 8001, "SIMULATOR_PORT": 8025}
ATTEMPTS = 50


class Ports(NamedTuple):
    """Numbers by variable name, and the claims that keep other launchers off them until `close`."""

    numbers: dict[str, int]
    claims: list[socket.socket]

    def env(self) -> dict[str, str]:
        return {name: str(number) for name, number in self.numbers.items()}

    def close(self) -> None:
        for claim in self.claims:
            claim.close()


def is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def _claim_if_free(port: int) -> socket.socket | None:
    return claim_port(port) if is_free(port) else None


def choose(*, wanted: dict[str, int]) -> Ports:
    """Choose a port for every variable of USUAL.

    wanted: ports somebody asked for by number. Exits when one of these is taken, for a surprise there is worse
    than no start.
    """
    ports = Ports({}, [])
    for name, usual in USUAL.items():
        if name in wanted:
            claim = _claim_if_free(wanted[name])
            if claim is None:
                raise SystemExit(f"Port {wanted[name]} is in use.")
            number = wanted[name]
        else:
            number, claim = _first_claimed(usual)
        ports.numbers[name] = number
        ports.claims.append(claim)
    return ports


def _first_claimed(usual: int) -> tuple[int, socket.socket]:
    for attempt in range(ATTEMPTS):
        number = any_free() if attempt else usual
        if claim := _claim_if_free(number):
            return number, claim
    raise SystemExit("The system has no free port.")
