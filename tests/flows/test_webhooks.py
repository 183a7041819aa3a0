"""A campaign of real processes is told to a receiver, although the process that tells is killed on the way."""

from collections.abc import Iterator

import pytest

from messaging.models import ProviderAccount, WebhookDelivery
from tests.factories import CampaignFactory, WebhookEndpointFactory
from tests.flows.ends import begin
from tests.flows.stack import Stack, eventually
from tests.hooks.receiver import Receiver

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


def test_a_campaign_is_told_in_order_and_every_message_once(
    stack: Stack, account: ProviderAccount, receiver: Receiver
) -> None:
    stack.start("web", "work", "send1", "beat", WEBHOOKS_ALLOW_PRIVATE="1")
    campaign = CampaignFactory.create(people=40)
    events = ["campaign.started", "campaign.completed", "message.delivered"]
    WebhookEndpointFactory.create(store=campaign.store, url=receiver.url(), events=events)
    receiver.answer = receiver.hang
    stack.start("hooks", WEBHOOKS_ALLOW_PRIVATE="1", WEBHOOK_TIMEOUT_SECONDS="2")
    begin(campaign)

    eventually(lambda: bool(receiver.calls), seconds=90, what="the first call")
    stack.kill("hooks")
    receiver.let_go.set()
    stack.start("hooks", WEBHOOKS_ALLOW_PRIVATE="1", WEBHOOK_TIMEOUT_SECONDS="2")

    told = WebhookDelivery.objects.filter(state="delivered")
    ended = told.filter(event="campaign.completed")
    eventually(lambda: ended.exists(), seconds=120, what=lambda: list(WebhookDelivery.objects.values()))
    eventually(lambda: messages(receiver) == 40, seconds=90, what=lambda: receiver.events())
    moves = {call.id: call.body["type"] for call in receiver.calls if call.body["sequence"]}
    assert list(moves.values()) == ["campaign.started", "campaign.completed"]


def messages(receiver: Receiver) -> int:
    """Messages that were told, each call once."""
    calls = {call.id: call.body for call in receiver.calls if call.body["type"] == "message.delivered"}
    return sum(len(body["data"]["messages"]) for body in calls.values())
