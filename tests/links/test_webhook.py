"""`message.clicked`: a person's first click on each link is told to who asked for it."""

import pytest

from audiences.models import Store
from campaigns.models import Campaign
from config.opaque import public_id
from messaging.hooks import pump
from messaging.links.count import count_clicks
from messaging.models import Click, WebhookDelivery, WebhookEndpoint
from tests.factories import WebhookEndpointFactory
from tests.hooks.conftest import receiver
from tests.hooks.receiver import Receiver
from tests.links.clicking import MAP, SALE, click, recipients, sent

__all__ = ["receiver"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def hears(shop: Store, receiver: Receiver) -> WebhookEndpoint:
    """An endpoint that wants to know of clicks."""
    endpoint: WebhookEndpoint = WebhookEndpointFactory.create(
        store=shop, url=receiver.url(), events=["message.clicked"]
    )
    return endpoint


def test_first_clicks_of_people_are_told_together(shop: Store, hears: WebhookEndpoint, receiver: Receiver) -> None:
    campaign = sent(store=shop, people=2)
    first, second = recipients(campaign)
    for one, number in ((first, 1), (first, 1), (second, 2)):
        click(one, number)
    click(second, agent="WhatsApp/2.23")

    assert count_clicks()["deliveries"] == 1
    pump.deliver()

    [call] = receiver.calls
    assert (call.body["type"], call.body["sequence"]) == ("message.clicked", None)
    told = call.body["data"]["messages"]
    assert [(one["id"], one["link"], one["url"]) for one in told] == [
        (public_id(first.pk, kind="rcp"), 1, SALE),
        (public_id(second.pk, kind="rcp"), 2, MAP),
    ]
    assert told[0]["campaign"] == public_id(campaign.pk, kind="cmp")
    assert told[0]["contact"] == public_id(first.contact_id or 0, kind="con")
    assert "phone" not in told[0]


def test_what_was_told_is_not_told_again(shop: Store, hears: WebhookEndpoint) -> None:
    [first] = recipients(sent(store=shop, people=1))
    click(first)
    count_clicks()
    click(first)

    assert count_clicks()["deliveries"] == 0
    assert WebhookDelivery.objects.count() == 1


def test_phones_are_put_in_for_who_asks(shop: Store, hears: WebhookEndpoint, receiver: Receiver) -> None:
    WebhookEndpoint.objects.update(include_phones=True)
    [first] = recipients(sent(store=shop, people=1))
    click(first)
    count_clicks()
    pump.deliver()

    [call] = receiver.calls
    assert call.body["data"]["messages"][0]["phone"] == first.phone
    assert "phone" not in WebhookDelivery.objects.get().data["messages"][0]


def test_other_stores_hear_nothing(shop: Store, store: Store, receiver: Receiver) -> None:
    WebhookEndpointFactory.create(store=store, url=receiver.url(), events=["message.clicked"])
    campaign: Campaign = sent(store=shop, people=1)
    click(recipients(campaign)[0])

    assert count_clicks() == {"clicks": 1, "people": 1, "deliveries": 0, "rung": 0}
    assert Click.objects.get().counted
