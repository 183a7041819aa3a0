"""A receiver, and a product that may call it although it is on this machine."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from audiences.models import Store
from config import redis
from config.queues import Queue
from messaging.models import WebhookEndpoint
from tests.factories import WebhookEndpointFactory
from tests.hooks.receiver import Receiver


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """It takes everything until it is told otherwise."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def no_rings() -> Iterator[None]:
    """Empty queues: rings are counted."""
    redis.client().delete(*Queue)
    yield
    redis.client().delete(*Queue)


@pytest.fixture
def endpoint(store: Store, receiver: Receiver) -> WebhookEndpoint:
    """The store's endpoint at the receiver, for every event but those of messages."""
    return WebhookEndpointFactory.create(store=store, url=receiver.url())
