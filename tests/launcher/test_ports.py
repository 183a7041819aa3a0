"""Ports: the usual ones when they are free, another checkout's never."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from launcher import locks, ports
from launcher.ports import Ports

Choose = Callable[..., Ports]


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port nobody uses, which the launcher takes for its usual one."""
    port = ports.any_free()
    monkeypatch.setattr(ports, "USUAL", {"PORT": port})
    return port


@pytest.fixture
def choose() -> Iterator[Choose]:
    """Chooses ports that are given up at the end of the test."""
    with ExitStack() as stack:
        yield lambda **wanted: stack.enter_context(closing(ports.choose(wanted=wanted)))


def test_the_usual_port_is_chosen_when_it_is_free(usual: int, choose: Choose) -> None:
    assert choose().env() == {"PORT": str(usual)}


def test_another_port_is_chosen_when_somebody_listens_there(usual: int, choose: Choose) -> None:
    with socket.create_server((ports.HOST, usual)):
        chosen = choose()

    assert chosen.numbers["PORT"] != usual
    assert ports.is_free(chosen.numbers["PORT"])


def test_two_checkouts_starting_together_do_not_choose_the_same_port(usual: int, choose: Choose) -> None:
    first = choose()
    second = choose()

    assert first.numbers["PORT"] == usual
    assert second.numbers["PORT"] != usual


def test_a_claim_ends_with_its_holder(usual: int) -> None:
    first = locks.claim_port(usual)
    assert first
    with first:
        assert locks.claim_port(usual) is None

    second = locks.claim_port(usual)

    assert second
    second.close()


def test_a_port_asked_for_by_number_is_taken_or_the_start_refused(usual: int, choose: Choose) -> None:
    wanted = ports.any_free()

    chosen = choose(PORT=wanted)
    with pytest.raises(SystemExit, match=f"Port {wanted} is in use"):
        choose(PORT=wanted)

    assert chosen.numbers == {"PORT": wanted}


def test_a_port_is_open_once_somebody_listens() -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        assert ports.is_open(port)

    assert not ports.is_open(port)
