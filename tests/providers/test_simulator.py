import time

import pytest

from providers.interface import Accepted, Item, Refused, Unsure
from tests.providers.simulated import Start, items


def test_accepts_and_writes_it_down(start: Start) -> None:
    simulator = start()

    result = simulator.submit(items(2))

    first, second = simulator.lines()
    assert result.outcomes == [Accepted(first["message_id"]), Accepted(second["message_id"])]
    assert (first["reference"], first["destination"], first["text"]) == ("ref-0", "+306910000000", "Hello 0")
    assert (first["parts"], first["sender"], len(first["message_id"])) == (1, "SHOP", 26)


def test_a_single_message_has_its_own_address(start: Start) -> None:
    simulator = start()
    message = {"trafficAccountId": "a", "destination": "+306910000000", "sms": {"text": "Hi", "sender": "SHOP"}}

    refused = simulator.call("POST", "/api/v1.1/Messages/send", message)
    accepted = simulator.call("POST", "/api/v1.1/Messages/send", message, X_Mitto_API_Key="key")

    (line,) = simulator.lines()
    assert refused == (401, {"message": "Invalid API key", "status": 401})
    assert accepted == (200, {"messages": [{"trafficAccountId": "a", "messageId": line["message_id"]}]})


def test_does_not_deduplicate_and_counts_what_came_twice(start: Start) -> None:
    simulator = start()

    for batch in (items(3), items(2), [Item("other", "+306910000000", "Again", "SHOP")]):
        simulator.submit(batch)

    summary = simulator.summary()
    assert (summary["accepted"], summary["calls"], summary["parts"]) == (6, 3, 6)
    assert (summary["duplicates"], summary["by_destination_duplicates"]) == (2, 2)


def test_lets_only_its_key_in(start: Start) -> None:
    simulator = start(api_key="another")

    result = simulator.submit(items(1))

    assert (result.raw_status, result.route_fault) == (401, "credentials")
    assert simulator.summary()["accepted"] == 0


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"destination": "+306910000000", "sms": {"text": "Hi", "sender": "SHOP"}},
        {"trafficAccountId": "a", "destination": "306910000000", "sms": {"text": "Hi", "sender": "SHOP"}},
        {"trafficAccountId": "a", "destination": "+306910000000", "sms": {"text": "", "sender": "SHOP"}},
        {"trafficAccountId": "a", "destination": "+306910000000", "sms": {"text": "Hi", "sender": "S" * 17}},
        "text",
    ],
)
def test_one_invalid_message_refuses_the_whole_call(start: Start, message: object) -> None:
    simulator = start()
    good = {"trafficAccountId": "a", "destination": "+306910000001", "sms": {"text": "Hi", "sender": "SHOP"}}
    path = "/api/v1.1/Messages/sendmessagesbulk"
    status, said = simulator.call("POST", path, {"messages": [good, message]}, X_Mitto_API_Key="key")

    assert (status, list(said["errors"])) == (400, ["messages[1]"])
    assert simulator.summary()["accepted"] == 0


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        ("400", Refused("provider_rejected", "400", True)),
        ("401", Refused("route_down", "401", True)),
        ("402", Refused("route_down", "402", True)),
        ("403", Refused("route_down", "403", True)),
        ("413", Refused("provider_rejected", "413", True)),
        ("429", Refused("provider_error", "429", True)),
        ("429_plain", Refused("provider_error", "429", True)),
    ],
)
def test_a_refusing_fault_takes_nothing(start: Start, fault: str, refused: Refused) -> None:
    simulator = start(script={"1": fault}, retry_after=7)

    result = simulator.submit(items(2))

    assert result.outcomes == [refused, refused]
    assert result.retry_after == (7.0 if fault == "429" else None)
    assert (simulator.summary()["accepted"], simulator.summary()["refused"]) == (0, 2)


@pytest.mark.parametrize("fault", ["500", "503", "hang_before", "drop_before", "redirect"])
def test_an_unprocessed_fault_takes_nothing_and_cannot_be_told(start: Start, fault: str) -> None:
    simulator = start(faults={fault: 1})

    result = simulator.submit(items(2), deadline_seconds=0.5)

    summary = simulator.summary()
    assert [type(outcome) for outcome in result.outcomes] == [Unsure, Unsure]
    assert (summary["accepted"], summary["unprocessed_unanswered_items"]) == (0, 2)
    assert summary["faults"] == {fault: 1}


@pytest.mark.parametrize(
    "fault",
    [
        "502_after", "hang_after", "drop_after", "truncated", "html", "short", "extra", "duplicate_ids", "drip", "huge",
    ],
)  # fmt: skip
def test_an_unanswered_fault_takes_everything_and_cannot_be_told(start: Start, fault: str) -> None:
    simulator = start(faults={fault: 1})

    result = simulator.submit(items(2), deadline_seconds=0.8)

    summary = simulator.summary()
    assert [type(outcome) for outcome in result.outcomes] == [Unsure, Unsure]
    assert (summary["accepted"], summary["processed_unanswered"], summary["processed_unanswered_items"]) == (2, 1, 2)


def test_a_doubled_id_never_makes_an_accepted_item_look_refused(start: Start) -> None:
    batch = items(3)
    simulator = start(faults={"duplicate_ids": 1}, numbers={batch[0].phone.lstrip("+"): "busy"})

    result = simulator.submit(batch)

    assert simulator.summary()["accepted"] == 2
    assert [type(outcome) for outcome in result.outcomes] == [Unsure, Unsure, Unsure]


def test_a_partial_call_refuses_some_for_now(start: Start) -> None:
    simulator = start(faults={"partial": 1}, partial_share=0.5, seed=3)

    outcomes = simulator.submit(items(40)).outcomes

    accepted = sum(isinstance(outcome, Accepted) for outcome in outcomes)
    assert 5 < accepted < 35
    assert {outcome for outcome in outcomes if not isinstance(outcome, Accepted)} == {
        Refused("provider_error", "Busy", True)
    }
    assert (simulator.summary()["accepted"], simulator.summary()["refused"]) == (accepted, 40 - accepted)


def test_one_seed_makes_the_same_faults_again(start: Start) -> None:
    runs = []
    for _ in range(2):
        simulator = start(seed=7, faults={"429": 0.3, "400": 0.3})
        runs.append([simulator.submit(items(1, start=n)).raw_status for n in range(12)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 400, 429}


def test_latency_is_waited(start: Start) -> None:
    simulator = start(latency_ms=[300, 300])
    began = time.monotonic()

    simulator.submit(items(1))

    assert 0.3 <= time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("last_digits", "outcome"),
    [
        ("04", Refused("invalid_number", "InvalidDestination", False)),
        ("07", Refused("provider_error", "Busy", True)),
        ("11", Unsure("no id, no error")),
    ],
)
def test_fixed_numbers_are_refused_as_the_table_says(start: Start, last_digits: str, outcome: object) -> None:
    simulator = start()

    result = simulator.submit([Item("r", f"+3069000000{last_digits}", "Hi", "SHOP"), *items(1)])

    assert result.outcomes[0] == outcome
    assert isinstance(result.outcomes[1], Accepted)


def test_a_plan_gives_numbers_their_fate_by_the_longest_ending(start: Start) -> None:
    simulator = start(numbers={"1": "invalid", "01": "delivered"})

    outcomes = simulator.submit([*items(1, start=1), *items(1, start=11)]).outcomes

    assert [type(outcome) for outcome in outcomes] == [Accepted, Refused]


@pytest.mark.parametrize(
    ("fate", "status", "word"),
    [
        ("delivered", "delivered", "Delivered"),
        ("undelivered", "undelivered", "Failure"),
        ("expired", "expired", "Expired"),
        ("silent", "sent", "Sent"),
        ("contradictory", "delivered", "Delivered"),
    ],
)
def test_a_look_up_says_what_became_of_it(start: Start, fate: str, status: str, word: str) -> None:
    simulator = start(outcomes={fate: 1}, receipts={"delay": [0, 0]})
    (accepted,) = simulator.submit(items(1)).outcomes
    assert isinstance(accepted, Accepted)

    found = simulator.provider().lookup(accepted.provider_message_id)

    assert found is not None
    assert (found.status, found.raw_status, found.parts) == (status, word, 1)


@pytest.mark.parametrize("message_id", ["nonsense", "01" + "0" * 24, "01" + "Z" * 24])
def test_a_look_up_of_nothing_finds_nothing(start: Start, message_id: str) -> None:
    simulator = start()
    simulator.submit(items(1))

    assert simulator.provider().lookup(message_id) is None


def test_texts_can_be_left_out_of_the_ledger(start: Start) -> None:
    simulator = start(keep_text=False, fsync=True)

    simulator.submit(items(1))

    assert [(line["text"], line["parts"]) for line in simulator.lines()] == [(None, 1)]


def test_the_whole_ledger_can_be_read(start: Start) -> None:
    simulator = start(script={"2": "500"})
    simulator.submit(items(1))
    simulator.submit(items(1))

    kinds = [(line["type"], line.get("fault")) for line in simulator.lines("?all=1")]

    assert kinds == [("accepted", None), ("call", "ok"), ("call", "500")]


def test_takes_a_thousand_per_call(start: Start) -> None:
    simulator = start()

    outcomes = simulator.submit(items(1000)).outcomes

    assert len({outcome.provider_message_id for outcome in outcomes if isinstance(outcome, Accepted)}) == 1000
    assert simulator.summary()["accepted"] == 1000
