"""The second half of the contract: look-ups, receipts, and secrets that stay secret."""

import pytest

from providers.interface import AccountConfig, BadPayload, BadSignature, ProviderDown, RouteRefused
from tests.providers.contract import ITEMS, Dialect, SubmitContract
from tests.providers.scripted import Act, ScriptedServer, answer, reset


class EvidenceContract(Dialect):
    """What a provider tells us later."""

    def test_looks_a_message_up(self, server: ScriptedServer) -> None:
        server.will(answer(200, self.found(self.words[1])))

        receipt = self.build(server.url).lookup(self.message_id(0))

        assert receipt is not None
        assert (receipt.provider_message_id, receipt.status) == (self.message_id(0), "delivered")

    def test_an_unknown_message_is_not_found(self, server: ScriptedServer) -> None:
        server.will(answer(404, self.error("unknown")))

        assert self.build(server.url).lookup(self.message_id(0)) is None

    @pytest.mark.parametrize("act", [answer(500, b"{}"), answer(200, b"nonsense"), answer(404, b"<html>"), reset])
    def test_a_look_up_without_an_answer_is_no_answer(self, server: ScriptedServer, act: Act) -> None:
        server.will(act)

        with pytest.raises(ProviderDown):
            self.build(server.url).lookup(self.message_id(0), deadline_seconds=1)

    def test_a_look_up_with_a_wrong_key_stops_the_route(self, server: ScriptedServer) -> None:
        server.will(answer(401, self.error("no")))

        with pytest.raises(RouteRefused):
            self.build(server.url).lookup(self.message_id(0))

    def test_an_id_cannot_lead_to_another_address(self, server: ScriptedServer) -> None:
        server.will(answer(404, self.error("unknown")))

        self.build(server.url).lookup("../../admin?x=1")

        assert b"/../" not in server.requests[0][0]

    def test_reads_a_receipt(self) -> None:
        body = self.webhook(self.words[1])

        (receipt,) = self.build("http://h.example").parse_receipts(self.signed(body), body, {})

        assert (receipt.provider_message_id, receipt.status) == (self.message_id(0), "delivered")
        assert (receipt.raw_status, receipt.at, receipt.error_class) == (self.words[1], self.at, None)

    def test_reads_a_failure(self) -> None:
        body = self.webhook(self.words[2])

        (receipt,) = self.build("http://h.example").parse_receipts(self.signed(body), body, {})

        assert (receipt.status, receipt.raw_status) == ("undelivered", self.words[2])
        assert receipt.error_class is not None

    def test_an_unknown_word_is_kept_and_not_guessed(self) -> None:
        body = self.webhook("Teleported")

        (receipt,) = self.build("http://h.example").parse_receipts(self.signed(body), body, {})

        assert (receipt.status, receipt.raw_status) == ("unknown", "Teleported")

    def test_a_repeated_receipt_has_the_same_key_and_another_word_has_not(self) -> None:
        provider = self.build("http://h.example")
        bodies = [self.webhook(self.words[0]), self.webhook(self.words[0]), self.webhook(self.words[1])]

        keys = [provider.parse_receipts(self.signed(body), body, {})[0].dedupe for body in bodies]

        assert keys[0] == keys[1] != keys[2]

    def test_a_forged_receipt_is_refused(self) -> None:
        body = self.webhook(self.words[1])
        provider = self.build("http://h.example")

        for headers in ({}, dict.fromkeys(self.signed(body), "forged")):
            with pytest.raises(BadSignature):
                provider.parse_receipts(headers, body, {})

    def test_a_changed_body_is_refused(self) -> None:
        body = self.webhook(self.words[1])

        with pytest.raises(BadSignature):
            self.build("http://h.example").parse_receipts(self.signed(body), body + b" ", {})

    @pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"7", b"[1]", b"null", b"\xff\xfe"])
    def test_a_genuine_call_that_cannot_be_read_says_so(self, body: bytes) -> None:
        with pytest.raises(BadPayload):
            self.build("http://h.example").parse_receipts(self.signed(body), body, {})

    def test_credentials_are_in_no_text(self, server: ScriptedServer) -> None:
        config = AccountConfig("http://h.example", self.secrets, {})
        provider = self.build(server.url)
        quoted = self.error(f"key {' '.join(self.secrets.values())} and +306900000100")
        server.will(*[answer(400, quoted)] * 3)

        result = provider.submit(provider.connect(2), ITEMS, deadline_seconds=1)

        said = f"{config!r} {config} {provider!r} {provider} {provider.connect(1)!r} {result}"
        assert self.secrets[self.key] not in said
        assert "306900000100" not in said


class ProviderContract(SubmitContract, EvidenceContract):
    """Every behaviour an adapter must show."""
