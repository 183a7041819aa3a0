"""The behaviours that every adapter must show, against a real server that answers with real response bodies.

A subclass says how its provider talks; pytest collects it there.
"""

import time
from abc import ABC, abstractmethod
from typing import Any

import pytest

from providers.interface import (
    Accepted,
    CallResult,
    Item,
    Provider,
    ProviderDown,
    Refused,
    Unsure,
)
from tests.providers.scripted import Act, ScriptedServer, answer, drip, raw, reset, silence

ITEMS = [Item(f"ref-{n}", f"+30690000010{n}", f"Hello {n}", "SHOP") for n in range(3)]
ACCEPTED = [Accepted("id-0"), Accepted("id-1"), Accepted("id-2")]


class Dialect(ABC):
    """How a provider talks: what a subclass of the contract must know."""

    secrets: dict[str, str]

    @abstractmethod
    def build(self, base_url: str, **options: Any) -> Provider: ...
    @abstractmethod
    def accepts(self, *ids: str) -> bytes:
        """A 200's body that accepts one item per id."""

    @abstractmethod
    def refuses_one(self, code: str) -> bytes:
        """A 200's body that accepts ids 0 and 2 and refuses the second item with this code."""

    @abstractmethod
    def error(self, message: str) -> bytes:
        """The provider's own error shape."""

    @abstractmethod
    def found(self, message_id: str, word: str) -> bytes:
        """A look-up's answer."""

    @abstractmethod
    def webhook(self, *words: tuple[str, str]) -> bytes:
        """A receipt webhook's body of (message id, word), the first one at 2026-01-02T03:04:05Z."""

    @abstractmethod
    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a genuine webhook call."""

    def submit(self, server: ScriptedServer, *acts: Act, items: list[Item] = ITEMS) -> CallResult:
        server.will(*acts)
        provider = self.build(server.url)
        return provider.submit(provider.connect(2), items, deadline_seconds=0.6)


class SubmitContract(Dialect):
    """Handing messages over."""

    def test_accepts_each_item_with_its_own_id(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(200, self.accepts("id-0", "id-1", "id-2")))

        assert result.outcomes == ACCEPTED
        assert (result.not_sent, result.route_fault, result.raw_status) == (False, None, 200)

    def test_makes_exactly_one_call_whatever_comes_back(self, server: ScriptedServer) -> None:
        self.submit(server, answer(500, self.error("down")), answer(200, self.accepts("id-0", "id-1", "id-2")))

        assert len(server.requests) == 1

    def test_a_refused_item_leaves_the_others_accepted(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(200, self.refuses_one("InvalidDestination")))

        assert result.outcomes == [
            Accepted("id-0"),
            Refused("invalid_number", "InvalidDestination", retryable=False),
            Accepted("id-2"),
        ]

    @pytest.mark.parametrize(
        ("code", "error_class", "retryable"),
        [
            ("Blocked", "blocked_by_carrier", False),
            ("No route", "unreachable", False),
            ("invalid_sender", "provider_rejected", False),
            ("Throttled", "provider_error", True),
        ],
    )
    def test_item_errors_have_our_classes(
        self, server: ScriptedServer, code: str, error_class: Any, retryable: bool
    ) -> None:
        result = self.submit(server, answer(200, self.refuses_one(code)))

        assert result.outcomes[1] == Refused(error_class, code, retryable)

    def test_an_error_that_is_not_listed_is_not_guessed(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(200, self.refuses_one("Strange thing 77")))

        assert isinstance(result.outcomes[1], Unsure)
        assert result.outcomes[0] == Accepted("id-0")

    def test_nothing_is_known_when_answers_are_missing_or_too_many(self, server: ScriptedServer) -> None:
        for ids in (["id-0", "id-1"], ["id-0", "id-1", "id-2", "id-3"], []):
            result = self.submit(server, answer(200, self.accepts(*ids)))

            assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3

    def test_nothing_is_known_when_an_id_comes_twice(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(200, self.accepts("id-0", "id-1", "id-0")))

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3

    @pytest.mark.parametrize(
        ("status", "fault"),
        [(401, "credentials"), (403, "credentials"), (404, "credentials"), (402, "balance")],
    )
    def test_a_fault_of_the_account_stops_the_route_and_fails_nothing(
        self, server: ScriptedServer, status: int, fault: str
    ) -> None:
        result = self.submit(server, answer(status, self.error("no")))

        assert result.outcomes == [Refused("route_down", str(status), retryable=True)] * 3
        assert (result.route_fault, result.not_sent) == (fault, True)

    def test_a_bare_401_stops_the_route_too(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(401))

        assert (result.route_fault, result.not_sent) == ("credentials", True)

    def test_a_401_of_a_proxy_stops_the_route_but_settles_nothing(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(401, b"<html>Gateway</html>"))

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3
        assert (result.route_fault, result.not_sent) == ("credentials", False)

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_a_refused_batch_is_to_be_split(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, self.error("one of them")))

        assert result.outcomes == [Refused("provider_rejected", str(status), retryable=True)] * 3
        assert (result.split, result.not_sent) == (True, False)

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

        assert result.outcomes == [Refused("provider_error", "429", retryable=True)] * 3
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

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3
        assert (result.raw_status, result.not_sent, len(server.requests)) == (status, False, 1)

    @pytest.mark.parametrize("status", [400, 413, 422, 429])
    def test_a_refusal_in_foreign_shape_settles_nothing(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, b"<html>Nope</html>"))

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3

    @pytest.mark.parametrize(
        "body",
        [b"", b"<!doctype html>", b"null", b"[]", b'"ok"', b"{}", b'{"messages":[1,2,3]}', b'{"messages":[{}', b"\xff"],
    )
    def test_garbage_instead_of_an_answer_settles_nothing(self, server: ScriptedServer, body: bytes) -> None:
        result = self.submit(server, answer(200, body))

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3

    @pytest.mark.parametrize(
        "act",
        [reset, silence, raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), drip(b"HTTP/1.1 200 OK\r\n")],
    )
    def test_an_interrupted_call_settles_nothing(self, server: ScriptedServer, act: Act) -> None:
        started = time.monotonic()

        result = self.submit(server, act)

        assert [type(outcome) for outcome in result.outcomes] == [Unsure] * 3
        assert (result.raw_status, result.not_sent) == (None, False)
        assert time.monotonic() - started < 2

    def test_a_connection_lost_before_the_call_means_not_sent(self, server: ScriptedServer) -> None:
        provider = self.build(server.url)
        connection = provider.connect(2)
        connection.close()

        result = provider.submit(connection, ITEMS, deadline_seconds=1)

        assert result.outcomes == [Refused("route_down", "not_sent", retryable=True)] * 3
        assert (result.not_sent, server.requests) == (True, [])

    def test_an_unreachable_provider_is_down(self) -> None:
        with pytest.raises(ProviderDown):
            self.build("http://127.0.0.1:1").connect(1)

    def test_a_text_that_cannot_be_sent_does_not_hold_up_the_others(self, server: ScriptedServer) -> None:
        broken = ITEMS[1]._replace(text="half \ud800 pair")

        many = self.submit(server, items=[ITEMS[0], broken])
        alone = self.submit(server, items=[broken])

        assert (many.split, alone.split, server.requests) == (True, False, [])
        assert alone.outcomes == [Refused("other", "unserialisable", retryable=False)]

    def test_a_number_goes_out_once_per_call(self, server: ScriptedServer) -> None:
        again = Item("ref-9", ITEMS[0].phone, "Again", "SHOP")

        result = self.submit(server, answer(200, self.accepts("id-0", "id-1")), items=[ITEMS[0], again, ITEMS[1]])

        assert result.outcomes == [
            Accepted("id-0"),
            Refused("other", "repeated_number", retryable=True),
            Accepted("id-1"),
        ]
        assert b"Again" not in server.requests[0][1]

    def test_refuses_more_than_a_call_may_hold(self, server: ScriptedServer) -> None:
        provider = self.build(server.url, max_batch=2)

        for items in (ITEMS, []):
            with pytest.raises(ValueError):
                provider.submit(provider.connect(2), items, deadline_seconds=1)
        assert server.requests == []
