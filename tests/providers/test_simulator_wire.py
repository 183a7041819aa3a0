"""What the simulated providers read and refuse to read, byte by byte, without an adapter of ours in between."""

from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import orjson
import pytest

from providers.simulator.dialect import Dialect, Invalid
from providers.simulator.dialects import DIALECTS, dialect_of, looks_up, sends
from providers.simulator.fates import PENDING, WORDS
from providers.simulator.plan import ReceiptPlan
from tests.providers.simulated import Simulator, Start

TWILIO, SINCH = "/2010-04-01/Accounts/AC7/Messages.json", "/xms/v1/plan/batches"
FORM = {"To": "+306910000000", "From": "SHOP", "Body": "Hi"}
BATCH = {"from": "SHOP", "to": ["306910000000"], "body": "Hi"}
BASIC = {"Authorization": "Basic QUM3Omh1c2g="}


def post(simulator: Simulator, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
    try:
        with urlopen(Request(simulator.url + path, body, dict(headers), method="POST"), timeout=10) as answer:
            return answer.status, orjson.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, orjson.loads(error.read())


def said(name: str, path: str, body: bytes) -> Any:
    with pytest.raises(Invalid) as caught:
        DIALECTS[name].read(path, body)
    return caught.value.args[0]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1.1/Messages/send", "mitto"),
        ("/api/v1.1/Messages/sendmessagesbulk", "mitto"),
        (TWILIO, "twilio"),
        (SINCH, "sinch"),
        ("/api/v1.1/Messages", None),
        ("/2010-04-01/Accounts/AC7/Messages", None),
        ("/xms/v1/plan/batches/dry_run", None),
        ("/_plan", None),
    ],
)
def test_each_format_has_its_own_address(path: str, name: str | None) -> None:
    found = sends(path)

    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1.1/Messages/01", "mitto"),
        ("/2010-04-01/Accounts/AC7/Messages/SM1.json", "twilio"),
        (SINCH, "sinch"),
        (f"{SINCH}/01/delivery_report/306910000000", "sinch"),
        ("/_ledger", None),
    ],
)
def test_each_format_is_asked_on_its_own_address(path: str, name: str | None) -> None:
    found = looks_up(path)

    assert (found.name if found else None) == name


@pytest.mark.parametrize(("missing", "code"), [("To", 21604), ("Body", 21602), ("From", 21603)])
def test_twilio_names_the_field_that_is_missing(missing: str, code: int) -> None:
    form = {name: value for name, value in FORM.items() if name != missing}

    error = said("twilio", TWILIO, urlencode(form).encode())

    assert (error["code"], error["status"]) == (code, 400)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "syntax_invalid_json"),
        (b"[]", "syntax_constraint_violation"),
        (orjson.dumps({**BATCH, "body": ""}), "syntax_constraint_violation"),
        (orjson.dumps({**BATCH, "to": []}), "syntax_constraint_violation"),
        (orjson.dumps({**BATCH, "to": [f"3069{n:08}" for n in range(1001)]}), "syntax_constraint_violation"),
        (orjson.dumps({**BATCH, "to": ["SHOP"]}), "syntax_invalid_parameter_format"),
        (orjson.dumps({**BATCH, "to": ["306910000000", "+306910000000"]}), "syntax_invalid_parameter_format"),
    ],
)
def test_sinch_says_what_is_wrong_with_a_batch(body: bytes, code: str) -> None:
    assert said("sinch", SINCH, body)["code"] == code


def test_a_call_that_cannot_be_read_is_in_no_ledger(start: Start) -> None:
    simulator = start()

    answers = [post(simulator, TWILIO, b"To=1", BASIC), post(simulator, SINCH, b"{", {"Authorization": "Bearer key"})]

    assert [(status, answer["code"]) for status, answer in answers] == [(400, 21602), (400, "syntax_invalid_json")]
    assert (simulator.summary()["accepted"], simulator.summary()["faults"]) == (0, {"invalid": 2})


@pytest.mark.parametrize(
    ("path", "headers"),
    [(TWILIO, {}), (TWILIO, {"Authorization": "Bearer key"}), (SINCH, {}), (SINCH, BASIC)],
)
def test_nobody_is_let_in_the_wrong_way(start: Start, path: str, headers: dict[str, str]) -> None:
    simulator = start()

    status, _ = post(simulator, path, urlencode(FORM).encode(), headers)

    assert (status, simulator.summary()["calls"]) == (401, 0)


def test_twilio_answers_with_the_whole_message(start: Start) -> None:
    simulator = start()

    status, answer = post(simulator, TWILIO, urlencode({**FORM, "Body": "x" * 161}).encode(), BASIC)

    (line,) = simulator.lines()
    assert status == 201
    assert answer["sid"] == f"SM{line['message_id'].lower()}000000"
    assert (answer["status"], answer["error_code"], answer["num_segments"]) == ("queued", None, "2")
    assert (answer["account_sid"], answer["to"], answer["from"]) == ("AC7", "+306910000000", "SHOP")


def test_sinch_answers_with_the_whole_batch(start: Start) -> None:
    simulator = start()
    body = orjson.dumps({**BATCH, "to": ["306910000000", "306910000001"], "client_reference": "ref"})

    status, answer = post(simulator, SINCH, body, {"Authorization": "Bearer key"})

    first, second = simulator.lines()
    assert (status, answer["id"]) == (201, first["message_id"])
    assert (answer["to"], answer["client_reference"]) == (["306910000000", "306910000001"], "ref")
    assert (first["batch"], second["batch"]) == (answer["id"], answer["id"])


def test_a_message_without_a_callback_is_still_accepted(start: Start) -> None:
    simulator = start()

    post(simulator, TWILIO, urlencode(FORM).encode(), BASIC)

    (line,) = simulator.lines()
    assert (line["reference"], line["callback"]) == (None, "")
    assert (simulator.summary()["without_reference"], simulator.summary()["receipts_pending"]) == (1, 0)


def test_old_lines_of_a_ledger_are_mittos() -> None:
    assert dialect_of({}).name == "mitto"
    assert dialect_of({"dialect": "sinch"}).name == "sinch"


MESSAGE = {
    "message_id": "01" + "A" * 24, "reference": "r", "destination": "+306910000000", "sender": "SHOP", "text": "Hi",
    "parts": 1, "fate": "delivered", "account": "a", "at": 1000.0, "callback": "https://h.example/w?ref=r",
    "client": None, "batch": "01" + "A" * 24,
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_every_word_can_be_said_in_every_format(dialect: Dialect) -> None:
    plan = ReceiptPlan(url="https://h.example/w", secret="hush", sign="hmac")

    posts = [dialect.receipts(plan, [(MESSAGE, code, 2000.0)], echoes=False) for code in range(len(WORDS))]

    assert len({each.body for each in posts}) == len(WORDS)
    assert {each.url.partition("?")[0] for each in posts} == {"https://h.example/w"}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_repeated_receipt_has_the_same_body(dialect: Dialect) -> None:
    plan = ReceiptPlan(url="https://h.example/w", secret="hush")

    bodies = [dialect.receipts(plan, [(MESSAGE, 1, 2000.0)], echoes=True).body for _ in range(2)]

    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 599])
def test_every_error_has_its_providers_shape(dialect: Dialect, status: int) -> None:
    content = orjson.loads(dialect.error(status))

    shapes = {"mitto": {"message", "status"}, "twilio": {"code", "message", "more_info", "status"}}
    assert set(content) == shapes.get(dialect.name, {"code", "text"})


def test_what_was_not_said_is_no_word_of_the_ledger() -> None:
    assert PENDING not in WORDS
