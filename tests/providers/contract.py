"""The behaviours that every adapter must show, against a real server that answers with real response bodies.

A subclass says how its provider talks; pytest collects it there.
"""

import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.bulk import NOT_CALLED
from providers.interface import Accepted, CallResult, Item, Outcome, Provider, ProviderDown, Refused, Unsure
from tests.providers.scripted import Act, ScriptedServer, answer, drip, raw, reset, silence

ITEMS = [Item(f"ref-{n}", f"+30690000010{n}", f"Hello {n}", "SHOP") for n in range(3)]


class Dialect(ABC):
    """How a provider talks: what a subclass of the contract must know."""

    secrets: dict[str, str]
    # The credential that calls are made with, the status of a good answer, and how the second item is refused.
    key: str
    good: int
    refused: Refused
    # On the way, delivered, failed, as the provider says it.
    words: tuple[str, str, str]
    at: datetime | None = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    one_call: bool

    @abstractmethod
    def build(self, base_url: str, **options: Any) -> Provider: ...
    @abstractmethod
    def message_id(self, place: int) -> str:
        """Our id of the message that `accepts` accepts at this place of ITEMS."""

    @abstractmethod
    def accepts(self, *places: int) -> list[Act]:
        """Accept the items at these places of ITEMS."""

    @abstractmethod
    def refuses_one(self) -> list[Act]:
        """Accept the first and the third of ITEMS and refuse the second for good."""

    @abstractmethod
    def error(self, message: str) -> bytes:
        """The provider's own error shape."""

    @abstractmethod
    def found(self, word: str) -> bytes:
        """A look-up's answer about the first of ITEMS."""

    @abstractmethod
    def webhook(self, word: str) -> bytes:
        """A receipt webhook's body about the first of ITEMS, said `at`."""

    @abstractmethod
    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a genuine webhook call."""

    def submit(self, server: ScriptedServer, *acts: Act, items: list[Item] = ITEMS) -> CallResult:
        server.will(*acts)
        provider = self.build(server.url)
        return provider.submit(provider.connect(2), items, deadline_seconds=1.5)

    def accepted(self, place: int) -> Accepted:
        return Accepted(self.message_id(place))

    def after(self, first: Outcome) -> list[Outcome]:
        """All outcomes when the first answer comes to this and nothing more may be called."""
        return [first] * 3 if self.one_call else [first, NOT_CALLED, NOT_CALLED]

    def is_settled(self, result: CallResult) -> bool:
        """False when nobody can say what became of what was called."""
        first = result.outcomes[0]
        return not (isinstance(first, Unsure) and result.outcomes == self.after(first))


class SubmitContract(Dialect):
    """Handing messages over."""

    def test_accepts_each_item_with_its_own_id(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.accepts(0, 1, 2))

        assert result.outcomes == [self.accepted(0), self.accepted(1), self.accepted(2)]
        assert (result.not_sent, result.route_fault, result.raw_status) == (False, None, self.good)

    def test_nothing_is_called_again_whatever_comes_back(self, server: ScriptedServer) -> None:
        self.submit(server, answer(500, self.error("down")), *self.accepts(0, 1, 2))

        assert len(server.requests) == 1

    def test_a_refused_item_leaves_the_others_accepted(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.refuses_one())

        assert result.outcomes == [self.accepted(0), self.refused, self.accepted(2)]
        assert (result.split, result.not_sent) == (False, False)

    @pytest.mark.parametrize(
        ("status", "fault"),
        [(401, "credentials"), (403, "credentials"), (404, "credentials"), (402, "balance")],
    )
    def test_a_fault_of_the_account_stops_the_route_and_fails_nothing(
        self, server: ScriptedServer, status: int, fault: str
    ) -> None:
        result = self.submit(server, answer(status, self.error("no")))

        assert result.outcomes == self.after(Refused("route_down", str(status), retryable=True))
        assert (result.route_fault, result.not_sent) == (fault, True)

    def test_a_bare_401_stops_the_route_too(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(401))

        assert (result.route_fault, result.not_sent) == ("credentials", True)

    def test_a_401_of_a_proxy_stops_the_route_but_settles_nothing(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(401, b"<html>Gateway</html>"))

        assert not self.is_settled(result)
        assert (result.route_fault, result.not_sent) == ("credentials", False)

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_a_refused_single_item_is_final(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, self.error("this one")), items=ITEMS[:1])

        assert result.outcomes == [Refused("provider_rejected", str(status), retryable=False)]
        assert not result.split

    @pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0", 0.0), ("999999", 3600.0), ("soon", None)])
    def test_too_many_requests_says_when_to_come_back(
        self, server: ScriptedServer, header: str, seconds: float | None
    ) -> None:
        result = self.submit(server, answer(429, self.error("slow down"), Retry_After=header))

        assert result.outcomes == self.after(Refused("provider_error", "429", retryable=True))
        assert (result.retry_after, result.not_sent) == (seconds, True)

    def test_retry_after_may_be_a_date(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(429, self.error("x"), Retry_After="Wed, 01 Jan 2020 00:00:00 GMT"))

        assert result.retry_after == 0.0

    def test_too_many_requests_without_a_time(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(429, self.error("slow down")))

        assert (result.retry_after, result.not_sent) == (None, True)

    @pytest.mark.parametrize("status", [301, 408, 409, 418, 425, 500, 502, 503, 504])
    def test_every_other_status_settles_nothing(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, self.error("?"), Retry_After="5", Location=server.url))

        assert not self.is_settled(result)
        assert (result.raw_status, result.not_sent, len(server.requests)) == (status, False, 1)

    @pytest.mark.parametrize("status", [400, 413, 422, 429])
    def test_a_refusal_in_foreign_shape_settles_nothing(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, b"<html>Nope</html>"))

        assert not self.is_settled(result)

    @pytest.mark.parametrize(
        "body",
        [b"", b"<!doctype html>", b"null", b"[]", b'"ok"', b"{}", b'{"messages":[1,2,3]}', b'{"messages":[{}', b"\xff"],
    )
    def test_garbage_instead_of_an_answer_settles_nothing(self, server: ScriptedServer, body: bytes) -> None:
        result = self.submit(server, answer(200, body))

        assert not self.is_settled(result)

    @pytest.mark.parametrize(
        "act",
        [reset, silence, raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), drip(b"HTTP/1.1 200 OK\r\n")],
    )
    def test_an_interrupted_call_settles_nothing(self, server: ScriptedServer, act: Act) -> None:
        started = time.monotonic()

        result = self.submit(server, act)

        assert not self.is_settled(result)
        assert (result.raw_status, result.not_sent) == (None, False)
        assert time.monotonic() - started < 15  # some of them never end

    def test_a_connection_lost_before_the_call_means_not_sent(self, server: ScriptedServer) -> None:
        provider = self.build(server.url)
        connection = provider.connect(2)
        connection.close()

        result = provider.submit(connection, ITEMS, deadline_seconds=1)

        assert result.outcomes == self.after(Refused("route_down", "not_sent", retryable=True))
        assert (result.not_sent, server.requests) == (True, [])

    def test_an_unreachable_provider_is_down(self) -> None:
        with pytest.raises(ProviderDown):
            self.build("http://127.0.0.1:1").connect(1)

    def test_refuses_more_than_a_call_may_hold(self, server: ScriptedServer) -> None:
        provider = self.build(server.url, max_batch=2)

        for items in (ITEMS, []):
            with pytest.raises(ValueError):
                provider.submit(provider.connect(2), items, deadline_seconds=1)
        assert server.requests == []
