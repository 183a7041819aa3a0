"""The simulator in the wire formats of a call per message and of a call per text, told by the adapters themselves."""

import pytest

from providers.interface import Accepted, BadSignature, Inbound, Item, Refused, Unsure
from tests.providers.simulated import Start, Webhook, eventually, items

FORMATS = ["twilio", "sinch"]


def alike(count: int) -> list[Item]:
    return [item._replace(text="Hello all") for item in items(count)]


@pytest.mark.parametrize("name", FORMATS)
def test_accepts_and_writes_it_down_with_our_reference(told: Start, name: str) -> None:
    simulator = told()

    result = simulator.submit(items(2), name=name)

    first, second = simulator.lines()
    assert [type(outcome) for outcome in result.outcomes] == [Accepted, Accepted]
    assert (first["reference"], first["destination"], first["text"]) == ("ref-0", "+306910000000", "Hello 0")
    assert (second["reference"], second["parts"], second["dialect"]) == ("ref-1", 1, name)
    assert simulator.summary()["calls"] == 2


@pytest.mark.parametrize("name", FORMATS)
def test_receipts_are_genuine_and_bring_the_reference_home(told: Start, webhook: Webhook, name: str) -> None:
    simulator = told()

    outcomes = simulator.submit(items(3), name=name).outcomes

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 3)
    accepted = {outcome.provider_message_id for outcome in outcomes if isinstance(outcome, Accepted)}
    assert {each.provider_message_id for each in webhook.receipts(name)} == accepted
    assert sorted(each.reference or "" for each in webhook.receipts(name)) == ["ref-0", "ref-1", "ref-2"]
    assert [each.status for each in webhook.receipts(name)] == ["delivered"] * 3


def test_a_group_is_one_call_and_each_of_it_a_message(told: Start, webhook: Webhook) -> None:
    simulator = told()

    outcomes = simulator.submit(alike(3), name="sinch").outcomes

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 3)
    lines = simulator.lines()
    assert simulator.summary()["calls"] == 1
    assert [line["reference"] for line in lines] == ["ref-0", "ref-1", "ref-2"]
    assert {line["batch"] for line in lines} == {lines[0]["message_id"]}
    known = {each.reference: each.provider_message_id for each in webhook.receipts("sinch")}
    assert [Accepted(known[f"ref-{n}"] or "") for n in range(3)] == outcomes


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("sign", ["none", "wrong"])
def test_can_sign_wrongly(told: Start, webhook: Webhook, name: str, sign: str) -> None:
    simulator = told(receipts={"sign": sign})

    simulator.submit(items(1), name=name)

    assert eventually(lambda: len(webhook.calls) == 1)
    with pytest.raises(BadSignature):
        webhook.receipts(name)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("last_digits", "statuses"),
    [
        ("01", {"delivered"}),
        ("02", {"undelivered"}),
        ("06", {"undelivered"}),
        ("08", {"undelivered", "delivered"}),
        ("09", {"unknown"}),
        ("12", {"sent"}),
    ],
)
def test_fixed_numbers_have_the_receipts_of_the_table(
    told: Start, webhook: Webhook, name: str, last_digits: str, statuses: set[str]
) -> None:
    simulator = told()

    simulator.submit([Item("r", f"+3069000000{last_digits}", "Hi", "SHOP")], name=name)

    assert eventually(lambda: simulator.summary()["receipts_sent"] == len(statuses))
    assert {each.status for each in webhook.receipts(name)} == statuses


@pytest.mark.parametrize(
    ("name", "last_digits", "error_class", "code"),
    [
        ("twilio", "02", "unreachable", "30003"),
        ("twilio", "03", "expired", "30036"),
        ("twilio", "06", "blocked_by_carrier", "30007"),
        ("sinch", "02", "unreachable", "402"),
        ("sinch", "03", "expired", "406"),
        ("sinch", "06", "provider_rejected", "408"),
    ],
)
def test_a_failure_says_why(
    told: Start, webhook: Webhook, name: str, last_digits: str, error_class: str, code: str
) -> None:
    simulator = told()

    simulator.submit([Item("r", f"+3069000000{last_digits}", "Hi", "SHOP")], name=name)

    assert eventually(lambda: len(webhook.calls) == 1)
    assert [(each.error_class, each.error_code) for each in webhook.receipts(name)] == [(error_class, code)]


@pytest.mark.parametrize(
    ("name", "last_digits", "refused"),
    [
        ("twilio", "04", Refused("invalid_number", "21211", False)),
        ("twilio", "07", Refused("provider_error", "21611", True)),
        ("twilio", "13", Refused("blocked_by_carrier", "21610", False)),
        ("sinch", "04", Refused("provider_rejected", "400", False)),
        ("sinch", "07", Refused("provider_error", "429", True)),
        ("sinch", "13", Refused("provider_rejected", "400", False)),
        ("mitto", "13", Refused("blocked_by_carrier", "OptedOut", False)),
    ],
)
def test_fixed_numbers_are_refused_as_the_table_says(
    told: Start, name: str, last_digits: str, refused: Refused
) -> None:
    simulator = told()

    result = simulator.submit([*items(1), Item("r", f"+3069000000{last_digits}", "Hi", "SHOP")], name=name)

    assert (type(result.outcomes[0]), result.outcomes[1]) == (Accepted, refused)
    assert (simulator.summary()["accepted"], simulator.summary()["refused"]) == (1, 1)


def test_one_bad_number_refuses_its_batch_until_it_is_alone(told: Start) -> None:
    simulator = told()
    bad = Item("bad", "+306900000004", "Hello all", "SHOP")

    outcomes = simulator.submit([*alike(2), bad], name="sinch").outcomes

    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted, Refused]
    assert (simulator.summary()["accepted"], simulator.summary()["duplicates"]) == (2, 0)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("fault", "code"), [("401", "401"), ("402", "402"), ("403", "403"), ("429", "429")])
def test_a_refusing_fault_takes_nothing(told: Start, name: str, fault: str, code: str) -> None:
    simulator = told(script={"1": fault}, retry_after=7)

    result = simulator.submit(items(2), name=name)

    outcomes = [outcome.code for outcome in result.outcomes if isinstance(outcome, Refused)]
    assert outcomes == [code, "not_called"]
    assert (simulator.summary()["accepted"], result.not_sent) == (0, True)
    assert result.retry_after == (7.0 if fault == "429" else None)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("fault", ["500", "hang_before", "redirect"])
def test_an_unprocessed_fault_takes_nothing_and_cannot_be_told(told: Start, name: str, fault: str) -> None:
    simulator = told(faults={fault: 1})

    result = simulator.submit(items(1), name=name, deadline_seconds=0.5)

    assert [type(outcome) for outcome in result.outcomes] == [Unsure]
    assert (simulator.summary()["accepted"], simulator.summary()["unprocessed_unanswered_items"]) == (0, 1)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("fault", ["502_after", "hang_after", "drop_after", "truncated", "html", "short", "huge"])
def test_an_unanswered_fault_is_settled_by_the_receipt(told: Start, webhook: Webhook, name: str, fault: str) -> None:
    simulator = told(faults={fault: 1})

    result = simulator.submit(items(1), name=name, deadline_seconds=0.8)

    assert [type(outcome) for outcome in result.outcomes] == [Unsure]
    assert simulator.summary()["processed_unanswered_items"] == 1
    assert eventually(lambda: len(webhook.receipts(name)) == 1)
    assert [(each.reference, each.status) for each in webhook.receipts(name)] == [("ref-0", "delivered")]


def test_a_lost_reply_can_be_found_by_its_reference(told: Start, webhook: Webhook) -> None:
    simulator = told(faults={"drop_after": 1}, receipts={"drop": 1})
    simulator.submit(items(2)[:1], name="sinch")
    provider = simulator.provider("sinch")

    found, missing = provider.lookup_reference("ref-0"), provider.lookup_reference("ref-1")

    assert found is not None
    assert (found.reference, found.status, missing) == ("ref-0", "queued", None)
    assert (found.provider_message_id or "").endswith(":306910000000")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    ("fate", "status"), [("delivered", "delivered"), ("undelivered", "undelivered"), ("silent", "sent")]
)
def test_a_look_up_says_what_became_of_it(told: Start, name: str, fate: str, status: str) -> None:
    simulator = told(outcomes={fate: 1}, receipts={"drop": 1})
    outcomes = simulator.submit(alike(2), name=name).outcomes
    provider = simulator.provider(name)

    found = [provider.lookup(each.provider_message_id) for each in outcomes if isinstance(each, Accepted)]

    assert [each and (each.status, each.parts) for each in found] == [(status, 1), (status, 1)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_look_up_before_anything_was_said(told: Start, name: str) -> None:
    simulator = told(receipts={"delay": [60, 60]})
    (accepted,) = simulator.submit(items(1), name=name).outcomes
    assert isinstance(accepted, Accepted)

    found = simulator.provider(name).lookup(accepted.provider_message_id)

    assert found is not None
    assert found.status == "queued"


@pytest.mark.parametrize(
    ("name", "message_id"),
    [("twilio", "SM1"), ("twilio", "SM" + "0" * 32), ("sinch", "01JC:306910000000"), ("sinch", "01" + "0" * 24 + ":3")],
)
def test_a_look_up_of_nothing_finds_nothing(told: Start, name: str, message_id: str) -> None:
    simulator = told()
    simulator.submit(items(1), name=name)

    assert simulator.provider(name).lookup(message_id) is None


@pytest.mark.parametrize("name", FORMATS)
def test_tries_again_only_what_the_webhook_did_not_take(told: Start, webhook: Webhook, name: str) -> None:
    webhook.statuses = [503]
    simulator = told(receipts={"retry": [0.1, 0.1]})

    simulator.submit(items(3), name=name)

    assert eventually(lambda: simulator.summary()["receipts_sent"] == 3)
    assert len(webhook.calls) == 4
    assert len({each.dedupe for each in webhook.receipts(name)}) == 3


@pytest.mark.parametrize("name", FORMATS)
def test_hands_an_inbound_message_on(told: Start, webhook: Webhook, name: str) -> None:
    simulator = told()
    content = {"from": "+306900000001", "to": "12345", "text": "STOP, παρακαλώ", "messageId": "in-1"}

    status, said = simulator.call("POST", f"/_inbound?as={name}", content)

    assert (status, said) == (200, {"webhook_status": 200})
    ((headers, body),) = webhook.calls
    (found,) = webhook.adapter(name).parse_inbound(headers, body, {})
    assert found[:5] == Inbound("in-1", "in-1", "+306900000001", "12345", "STOP, παρακαλώ")[:5]


def test_nobody_elses_inbound_messages(told: Start, webhook: Webhook) -> None:
    simulator = told()

    status, _ = simulator.call("POST", "/_inbound?as=nobody", {"from": "+306900000001"})

    assert (status, webhook.calls) == (400, [])


def test_all_formats_share_one_ledger(told: Start) -> None:
    simulator = told(api_key=None)

    for name in ("mitto", "twilio", "sinch"):
        simulator.submit(items(2), name=name)

    summary = simulator.summary()
    assert (summary["accepted"], summary["duplicates"], summary["without_reference"]) == (6, 2, 0)
    assert summary["by_destination_duplicates"] == 2


@pytest.mark.parametrize("name", ["mitto", "twilio", "sinch"])
def test_lets_only_its_key_in(told: Start, name: str) -> None:
    simulator = told(api_key="another")

    result = simulator.submit(items(1), name=name)

    assert (result.raw_status, result.route_fault, simulator.summary()["accepted"]) == (401, "credentials", 0)
