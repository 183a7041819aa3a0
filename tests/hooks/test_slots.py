"""Who is called when: no endpoint holds up another, one that fails is called less, and in the end not at all."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from audiences.models import Store
from config.audit import SYSTEM
from config.models import AuditEvent
from config.queues import Queue, waiting
from messaging.hooks import mend, publish, pump
from messaging.hooks.claim import claim
from messaging.hooks.endpoints import delete_endpoint, rotate_secret
from messaging.models import WebhookAttempt, WebhookEndpoint
from tests.factories import WebhookEndpointFactory
from tests.hooks.receiver import Call, Receiver, Reply
from tests.hooks.steps import pass_time, states, told, told_again

pytestmark = pytest.mark.django_db


def test_of_fifty_endpoints_one_that_hangs_holds_up_none(receiver: Receiver, store: Store, settings: Settings) -> None:
    settings.WEBHOOK_SLOTS = 4
    settings.WEBHOOK_TIMEOUT_SECONDS = 3
    urls = ["/hang", *(f"/{n}" for n in range(49))]
    endpoints = [WebhookEndpointFactory.create(store=store, url=receiver.url(path)) for path in urls]
    for endpoint in endpoints:
        told(endpoint, 2)
    served: list[str] = []

    def answer(call: Call) -> Reply:
        if call.path == "/hang":
            return receiver.hang(call)
        served.append(call.path)
        if len(served) == 98:  # only when all others had everything
            receiver.let_go.set()
        return Reply()

    receiver.answer = answer

    counts = pump.deliver()

    assert sorted(served) == sorted([*urls[1:], *urls[1:]])
    assert counts["delivered"] >= 98


def test_an_endpoint_that_fails_gets_one_call_at_a_time(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    receiver.answer = lambda _: Reply(500)
    told(endpoint, 20)

    pump.deliver()

    assert len(receiver.calls) <= 3
    receiver.calls.clear()
    pass_time(timedelta(minutes=2))
    pump.deliver()
    assert len(receiver.calls) == 1


def test_troubled_endpoints_never_have_all_the_slots(store: Store, settings: Settings) -> None:
    settings.WEBHOOK_SLOTS = 4
    troubled = [WebhookEndpointFactory.create(store=store, failures=1) for _ in range(6)]
    fine = WebhookEndpointFactory.create(store=store)
    for endpoint in [*troubled, fine]:
        told(endpoint, 1)
    flying: dict[Any, Any] = {}
    while claimed := pump._claim(flying):
        flying |= {object(): work for work in claimed}

    assert sum(work.troubled for work in flying.values()) == 2
    assert sum(work.endpoint_id == fine.pk for work in flying.values()) == 1


def test_an_endpoint_has_at_most_its_slots(endpoint: WebhookEndpoint) -> None:
    told(endpoint, 9)
    claimed = [work for _ in range(9) for work in claim(most=9, troubled=False)]

    assert len(claimed) == 3


def test_a_failing_endpoint_is_disabled_after_days_and_its_owner_sees_why(
    receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = lambda _: Reply(500)
    told(endpoint, 3)
    pump.deliver()
    for _ in range(5):
        pass_time(timedelta(hours=14))
        pump.deliver()
    endpoint.refresh_from_db()
    assert endpoint.status == "active"

    told_again(endpoint)
    pass_time(timedelta(hours=5))
    pump.deliver()

    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert endpoint.status_reason == "Nothing but failures for 3 days; the last one: Answered 500."
    assert AuditEvent.objects.get(action="webhook.disable").subject == f"webhook:{endpoint.pk}"
    mend.mend(limit=9)
    assert set(states(endpoint)) == {"dead"}
    assert publish.listening(store_ids=None, events=["credits.low"]) == {}


def test_one_that_is_gone_is_disabled_at_once(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    receiver.answer = lambda _: Reply(410)
    told(endpoint, 2)

    pump.deliver()

    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.status_reason) == ("disabled", "It answered 410: gone.")


def test_on_sigterm_nothing_new_is_claimed(endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    told(endpoint, 1)
    pump.stopping.set()
    try:
        assert pump.deliver() == {}
    finally:
        pump.stopping.clear()

    assert states(endpoint) == ["pending"]


def test_a_second_ring_ends_at_once(endpoint: WebhookEndpoint) -> None:
    told(endpoint, 1)
    with pump._running:
        assert pump.deliver() == {"busy": 1}

    assert states(endpoint) == ["pending"]


def test_the_sweep_rings_for_what_is_due_once(endpoint: WebhookEndpoint) -> None:
    told(endpoint, 5)

    assert publish.publish()["rung"] == 1
    assert publish.publish()["rung"] == 0
    assert waiting(Queue.HOOKS) == 1


def test_a_secret_that_cannot_be_read_stops_nobody_else(receiver: Receiver, store: Store, settings: Settings) -> None:
    lost = WebhookEndpointFactory.create(store=store, url=receiver.url("/lost"))
    settings.CREDENTIAL_KEYS = ["another key"]
    fine = WebhookEndpointFactory.create(store=store, url=receiver.url("/fine"))
    told(lost, 1)
    told(fine, 1)

    counts = pump.deliver()

    assert counts == {"delivered": 1, "again": 1}
    assert [call.path for call in receiver.calls] == ["/fine"]
    assert (
        WebhookAttempt.objects.get(delivery__endpoint=lost).error == "The webhook's secret cannot be read. Rotate it."
    )
    rotate_secret(store_id=store.pk, endpoint_id=lost.pk, actor=SYSTEM)
    pass_time(timedelta(minutes=1))
    assert pump.deliver() == {"delivered": 1}


def test_an_endpoint_that_was_deleted_is_not_called(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    told(endpoint, 1)
    delete_endpoint(store_id=endpoint.store_id, endpoint_id=endpoint.pk, actor=SYSTEM)

    assert pump.deliver() == {}
    mend.mend(limit=9)

    assert (receiver.calls, states(endpoint)) == ([], ["dead"])


def test_phones_that_a_receiver_sends_back_are_not_kept(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    receiver.answer = lambda _: Reply(200, b"thanks for +306970000001, order 12345678")
    WebhookEndpoint.objects.update(include_phones=True)
    told(endpoint, 1)

    pump.deliver()

    assert WebhookAttempt.objects.get().answer == "thanks for +…, order 12345678"
