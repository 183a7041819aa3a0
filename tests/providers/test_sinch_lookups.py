from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from providers.interface import ProviderDown, Receipt, RouteRefused
from tests.providers.scripted import ScriptedServer, answer
from tests.providers.test_sinch import BATCHES, batch, report, sinch


def test_asks_for_a_status_by_batch_and_number(server: ScriptedServer) -> None:
    server.will(answer(200, report("Aborted", code=402, number_of_message_parts=2)))

    found = sinch(server.url).lookup("01JC/0:306900000100")

    path = BATCHES + b"/01JC%2F0/delivery_report/306900000100"
    assert server.requests[0][0].startswith(b"GET " + path + b" HTTP/1.1\r\n")
    assert found is not None
    assert (found.status, found.error_class, found.error_code, found.parts) == ("undelivered", "unreachable", "402", 2)


def looked_up(server: ScriptedServer, *batches: object) -> Receipt | None:
    server.will(answer(200, {"count": len(batches), "page": 0, "page_size": 30, "batches": list(batches)}))
    return sinch(server.url).lookup_reference("ref-0")


def test_finds_a_call_by_our_reference(server: ScriptedServer) -> None:
    found = looked_up(server, batch("01JC0", "306900000100", client_reference="ref-0"))

    path, _, query = server.requests[0][0].split(b" ")[1].partition(b"?")
    asked = dict(parse_qsl(query.decode()))
    since = datetime.now(UTC) - datetime.fromisoformat(asked["start_date"])
    assert (path, asked["client_reference"]) == (BATCHES, "ref-0")
    assert timedelta(hours=71) < since < timedelta(hours=73)
    assert found is not None
    assert (found.reference, found.provider_message_id, found.status) == ("ref-0", "01JC0:306900000100", "queued")


@pytest.mark.parametrize(
    "batches",
    [
        [],
        [batch("b", "306900000100", client_reference="ref-1")],
        [batch("b", "306900000100", "306900000101", client_reference="ref-0")],
        [batch("b", client_reference="ref-0")],
        ["b"],
    ],
)
def test_a_reference_that_is_not_found_is_no_evidence(server: ScriptedServer, batches: list[object]) -> None:
    assert looked_up(server, *batches) is None


def test_a_reference_that_cannot_be_asked_for_now(server: ScriptedServer) -> None:
    server.will(answer(503), answer(401))

    with pytest.raises(ProviderDown):
        sinch(server.url).lookup_reference("ref-0")
    with pytest.raises(RouteRefused):
        sinch(server.url).lookup_reference("ref-0")
