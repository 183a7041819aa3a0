"""Delivering: at least once, in order per campaign, without one endpoint holding up another."""

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from config.audit import SYSTEM
from config.opaque import public_id
from messaging.hooks import mend, pump
from messaging.hooks.claim import Work, claim
from messaging.hooks.endpoints import rotate_secret
from messaging.hooks.post import Request, post
from messaging.hooks.record import record_answer
from messaging.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from tests.drill.deaths import START, environment
from tests.factories import SECRET
from tests.flows.stack import eventually
from tests.hooks.receiver import Call, Receiver, Reply
from tests.hooks.steps import pass_time, published, states, told, told_again, waits
from tests.simulator import ROOT

pytestmark = pytest.mark.django_db


def verified(call: Call, secret: str = SECRET) -> bool:
    """As an integrator would: nothing of ours, the convention alone."""
    key = base64.b64decode(secret[len("whsec_") :])
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.raw
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return expected in call.headers["webhook-signature"].split(" ")


def test_an_event_is_posted_signed_and_logged(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    campaign = published(endpoint.store, "launch")

    assert pump.deliver() == {"delivered": 1}

    [call] = receiver.calls
    delivery = WebhookDelivery.objects.get()
    assert call.id == public_id(delivery.pk, kind="dlv")
    assert verified(call)
    assert abs(int(call.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 120
    assert call.headers["content-type"] == "application/json"
    assert (call.body["type"], call.body["sequence"]) == ("campaign.started", 1)
    assert call.body["data"]["campaign"] == public_id(campaign.pk, kind="cmp")
    assert (delivery.state, delivery.last_status, delivery.tries) == ("delivered", 200, 1)
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.error, attempt.answer) == (200, "", "thanks")
    endpoint.refresh_from_db()
    assert endpoint.succeeded_at


def test_a_body_that_was_touched_is_noticed(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    told(endpoint, 1)
    pump.deliver()

    [call] = receiver.calls
    assert verified(call)
    assert not verified(call._replace(raw=call.raw.replace(b"9", b"8")))
    assert not verified(call, "whsec_" + base64.b64encode(b"x" * 32).decode())


def test_while_a_secret_is_rotated_both_sign(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    issued = rotate_secret(store_id=endpoint.store_id, endpoint_id=endpoint.pk, actor=SYSTEM)
    told(endpoint, 1)
    pump.deliver()
    [call] = receiver.calls
    assert verified(call, SECRET)
    assert verified(call, issued.secret)

    pass_time(timedelta(days=1))
    assert mend.mend(limit=9)["secrets"] == 1
    told_again(endpoint)
    pump.deliver()

    assert not verified(receiver.calls[-1], SECRET)
    assert verified(receiver.calls[-1], issued.secret)
    endpoint.refresh_from_db()
    assert sorted(endpoint.secrets) == ["current"]


def test_a_receiver_that_fails_for_ten_minutes_gets_everything_in_order(
    receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = lambda _: Reply(503, b"later")
    spring = published(endpoint.store, "launch", "pause", "resume")
    autumn = published(endpoint.store, "launch")
    for _ in range(10):
        pump.deliver()
        pass_time(timedelta(minutes=1))
    published_later = published(endpoint.store, "launch", "complete")
    failed = list(receiver.calls)
    assert {call.body["type"] for call in failed} == {"campaign.started"}
    receiver.calls.clear()

    receiver.answer = lambda _: Reply()
    pass_time(timedelta(minutes=1))
    pump.deliver()

    assert set(states(endpoint)) == {"delivered"}
    by_campaign: dict[str, list[Any]] = {}
    for call in receiver.calls:
        by_campaign.setdefault(call.body["data"]["campaign"], []).append((call.body["sequence"], call.body["type"]))
    assert by_campaign == {
        public_id(spring.pk, kind="cmp"): [(1, "campaign.started"), (2, "campaign.paused"), (3, "campaign.resumed")],
        public_id(autumn.pk, kind="cmp"): [(1, "campaign.started")],
        public_id(published_later.pk, kind="cmp"): [(1, "campaign.started"), (2, "campaign.completed")],
    }
    assert {call.id for call in failed} <= {call.id for call in receiver.calls}
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_a_later_event_waits_for_the_earlier_one_until_it_is_dead(
    receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    receiver.answer = lambda call: Reply(500 if call.body["sequence"] == 1 else 200)
    published(endpoint.store, "launch", "complete")
    pump.deliver()
    assert states(endpoint) == ["pending", "pending"]

    pass_time(timedelta(days=1))
    pump.deliver()
    assert states(endpoint) == ["dead", "pending"]
    pass_time(timedelta(minutes=2))
    pump.deliver()

    assert states(endpoint) == ["dead", "delivered"]
    assert [call.body["sequence"] for call in receiver.calls] == [1, 1, 2]


def test_attempts_follow_the_schedule(receiver: Receiver, endpoint: WebhookEndpoint, settings: Settings) -> None:
    settings.WEBHOOK_RETRY_SECONDS = [10, 100, 1000]
    receiver.answer = lambda _: Reply(500)
    told(endpoint, 1)
    seen = []
    for _ in range(5):
        pump.deliver()
        seen += waits()
        pass_time(timedelta(hours=1))

    for wait, planned in zip(seen, [10, 100, 1000, 1000, 1000], strict=True):
        assert 0.8 * planned - 60 < wait <= 1.2 * planned
    assert len(receiver.calls) == 5


def test_the_receiver_may_ask_for_more_time(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    receiver.answer = lambda _: Reply(429, b"", {"Retry-After": "900"})
    told(endpoint, 1)

    pump.deliver()

    assert 800 < waits()[0] <= 900


def request(work: Work) -> Request:
    assert work.request
    return work.request


def test_a_delivery_is_claimed_once_and_after_its_lease_again(endpoint: WebhookEndpoint) -> None:
    told(endpoint, 1)
    [first] = claim(most=9, troubled=False)
    assert claim(most=9, troubled=False) == []
    assert mend.mend(limit=9)["leases"] == 0

    pass_time(timedelta(seconds=31))
    counts = mend.mend(limit=9)
    [second] = claim(most=9, troubled=False)

    assert (counts["leases"], counts["rung"]) == (1, 1)
    assert request(second).headers["webhook-id"] == request(first).headers["webhook-id"]
    assert request(second).body == request(first).body
    assert second.fence == first.fence + 1


def test_who_lost_the_lease_decides_nothing(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    told(endpoint, 1)
    [late] = claim(most=9, troubled=False)
    pass_time(timedelta(seconds=31))
    mend.mend(limit=9)
    [mine] = claim(most=9, troubled=False)

    assert record_answer(late, post(request(late))) == "lost"
    assert states(endpoint) == ["sending"]
    assert record_answer(mine, post(request(mine))) == "delivered"
    assert WebhookAttempt.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_kill_between_the_post_and_the_recording_leads_to_the_same_id_again(
    receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    told(endpoint, 1)
    worker: list[subprocess.Popen[bytes]] = []

    def kill(_: Call) -> Reply:
        os.kill(worker[0].pid, signal.SIGKILL)
        return Reply()

    receiver.answer = kill
    body = "from messaging.hooks.pump import deliver; deliver()"
    env = environment("", WEBHOOKS_ALLOW_PRIVATE="1")
    # It waits for a line, so that its number is known before it calls.
    worker.append(
        subprocess.Popen([sys.executable, "-c", f"{START}input(); {body}"], cwd=ROOT, env=env, stdin=subprocess.PIPE)
    )
    worker[0].communicate(b"\n", timeout=60)
    assert worker[0].returncode == -signal.SIGKILL
    assert states(endpoint) == ["sending"]

    pass_time(timedelta(seconds=31))
    receiver.answer = lambda _: Reply()

    def delivered() -> bool:
        mend.mend(limit=9)  # again: until PostgreSQL notices that its client is dead, the row is locked and passed over
        pump.deliver()
        return states(endpoint) == ["delivered"]

    eventually(delivered, seconds=30, what="delivered")  # the session of the dead one ends a moment later

    first, second = receiver.calls
    assert first.id == second.id
    assert first.raw == second.raw
    assert json.loads(second.raw)["type"] == "credits.low"
