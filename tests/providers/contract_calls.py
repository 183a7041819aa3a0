"""What depends on whether a provider has one call for many items or needs one for each."""

import time

import pytest

from providers.bulk import NOT_CALLED
from providers.interface import Item, Refused, Unsure
from tests.providers.contract import ITEMS, Dialect
from tests.providers.scripted import ScriptedServer, answer, reset, silence

BROKEN = ITEMS[1]._replace(text="half \ud800 pair")
UNSERIALISABLE = Refused("other", "unserialisable", retryable=False)


class OneCallContract(Dialect):
    """All items in one call, whose answers belong to them by position."""

    one_call = True

    def test_nothing_is_known_when_answers_are_missing_or_too_many(self, server: ScriptedServer) -> None:
        for places in ((0, 1), (0, 1, 2, 3), ()):
            result = self.submit(server, *self.accepts(*places))

            assert not self.is_settled(result)

    def test_nothing_is_known_when_an_id_comes_twice(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.accepts(0, 1, 0))

        assert not self.is_settled(result)

    @pytest.mark.parametrize("status", [400, 413, 422])
    def test_a_refused_call_is_to_be_split(self, server: ScriptedServer, status: int) -> None:
        result = self.submit(server, answer(status, self.error("one of them")))

        assert result.outcomes == [Refused("provider_rejected", str(status), retryable=True)] * 3
        assert (result.split, result.not_sent) == (True, False)

    def test_a_text_that_cannot_be_sent_is_found_by_halving(self, server: ScriptedServer) -> None:
        many = self.submit(server, items=[ITEMS[0], BROKEN])
        alone = self.submit(server, items=[BROKEN])

        assert (many.split, alone.split, server.requests) == (True, False, [])
        assert alone.outcomes == [UNSERIALISABLE]

    def test_a_number_goes_out_once_per_call(self, server: ScriptedServer) -> None:
        again = Item("ref-9", ITEMS[0].phone, "Again", "SHOP")

        result = self.submit(server, *self.accepts(0, 1), items=[ITEMS[0], again, ITEMS[1]])

        assert result.outcomes == [
            self.accepted(0),
            Refused("other", "repeated_number", retryable=True),
            self.accepted(1),
        ]
        assert b"Again" not in server.requests[0][1]


class CallsInTurnContract(Dialect):
    """A call for each of ITEMS, since their texts differ, on one connection."""

    one_call = False

    def test_calls_once_per_item_on_one_connection(self, server: ScriptedServer) -> None:
        self.submit(server, *self.accepts(0, 1, 2))

        assert (len(server.requests), server.connections) == (3, 1)
        for item, (_, body) in zip(ITEMS, server.requests, strict=True):
            assert item.phone.removeprefix("+").encode() in body

    @pytest.mark.parametrize("act", [reset, silence, answer(502, b"<html>"), answer(200, b"{}")])
    def test_a_doubt_ends_it_and_keeps_what_was_accepted(self, server: ScriptedServer, act: object) -> None:
        result = self.submit(server, *self.accepts(0), act)  # type: ignore[arg-type]

        first, second, third = result.outcomes
        assert (first, type(second), third) == (self.accepted(0), Unsure, NOT_CALLED)
        assert (result.not_sent, len(server.requests)) == (False, 2)

    def test_too_many_requests_gives_the_rest_back(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.accepts(0), answer(429, self.error("slow down"), Retry_After="3"))

        assert result.outcomes == [self.accepted(0), Refused("provider_error", "429", retryable=True), NOT_CALLED]
        assert (result.not_sent, result.retry_after, result.raw_status) == (True, 3.0, 429)

    def test_a_fault_of_the_account_gives_the_rest_back(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.accepts(0), answer(401, self.error("no")))

        assert result.outcomes == [self.accepted(0), Refused("route_down", "401", retryable=True), NOT_CALLED]
        assert (result.not_sent, result.route_fault) == (True, "credentials")

    def test_one_refused_item_ends_nothing_and_is_never_called_again(self, server: ScriptedServer) -> None:
        result = self.submit(server, answer(400, self.error("no")), *self.accepts(1, 2))

        assert result.outcomes == [
            Refused("provider_rejected", "400", retryable=False),
            self.accepted(1),
            self.accepted(2),
        ]
        assert (result.split, result.not_sent, len(server.requests)) == (False, False, 3)

    def test_what_the_deadline_does_not_reach_is_not_called(self, server: ScriptedServer) -> None:
        (accept,) = self.accepts(0)

        def slowly(connection: object) -> None:
            time.sleep(0.2)
            accept(connection)  # type: ignore[arg-type]

        provider = self.build(server.url)
        server.will(slowly)
        result = provider.submit(provider.connect(2), ITEMS, deadline_seconds=0.2)
        alone = provider.submit(provider.connect(2), ITEMS[:1], deadline_seconds=0)

        assert result.outcomes[1:] == [NOT_CALLED, NOT_CALLED]
        assert (alone.outcomes, alone.not_sent) == ([NOT_CALLED], True)
        assert len(server.requests) == 1

    def test_a_text_that_cannot_be_sent_does_not_hold_up_the_others(self, server: ScriptedServer) -> None:
        result = self.submit(server, *self.accepts(0), items=[BROKEN, ITEMS[0]])

        assert result.outcomes == [UNSERIALISABLE, self.accepted(0)]
        assert (result.split, len(server.requests)) == (False, 1)

    def test_a_number_may_be_called_twice_with_different_texts(self, server: ScriptedServer) -> None:
        again = Item("ref-9", ITEMS[0].phone, "Again", "SHOP")

        result = self.submit(server, *self.accepts(0, 1), items=[ITEMS[0], again])

        assert result.outcomes[0] == self.accepted(0)
        assert b"Again" in server.requests[1][1]
