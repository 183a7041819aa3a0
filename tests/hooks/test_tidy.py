"""What is kept no longer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audiences.models import Store
from config.audit import SYSTEM
from messaging.hooks import pump
from messaging.hooks.again import ping
from messaging.hooks.endpoints import delete_endpoint
from messaging.hooks.mend import mend
from messaging.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from messaging.tidy import tidy
from tests.hooks.receiver import Receiver, Reply
from tests.hooks.steps import pass_time, published, states, told

pytestmark = pytest.mark.django_db


def test_finished_deliveries_go_after_thirty_days_and_open_ones_stay(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    told(endpoint, 2)
    pump.deliver()
    assert tidy()["webhook_deliveries"] == 0
    receiver.answer = lambda _: Reply(500)
    published(endpoint.store, "launch")
    pump.deliver()

    pass_time(timedelta(days=31))
    counts = tidy()

    assert counts["webhook_deliveries"] == 2
    assert states(endpoint) == ["pending"]
    assert WebhookAttempt.objects.count() == 1
    assert WebhookLane.objects.get().last == 1


def test_a_deleted_endpoint_goes_when_its_log_has_gone(endpoint: WebhookEndpoint, store: Store) -> None:
    published(store, "launch")
    delete_endpoint(store_id=store.pk, endpoint_id=endpoint.pk, actor=SYSTEM)
    assert mend(limit=9)["buried"] == 1
    WebhookEndpoint.objects.update(updated_at=timezone.now() - timedelta(days=31))
    assert tidy()["webhook_endpoints"] == 0

    pass_time(timedelta(days=31))
    tidy()

    counts = (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count(), WebhookLane.objects.count())
    assert counts == (0, 0, 0)


def test_a_test_that_fails_is_not_tried_again_and_says_nothing_about_the_endpoint(
    endpoint: WebhookEndpoint, receiver: Receiver, store: Store
) -> None:
    receiver.answer = lambda _: Reply(500)
    ping(store_id=store.pk, endpoint_id=endpoint.pk)

    assert pump.deliver() == {"dead": 1}

    assert receiver.events() == ["webhook.test"]
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)
