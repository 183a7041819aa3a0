"""From a text over the provider to the phone, from there to the shop, and into the numbers: the whole road."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Contact, Store
from audiences.opt_out_links import TOKEN_LENGTH, read
from campaigns.models import Campaign, CampaignLink, CampaignRecipient
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.opaque import private_id, public_id
from messaging.links.count import count_clicks
from messaging.models import MessageLog, ProviderAccount
from messaging.sending.sender import send_next
from tests.api.clients import V1, with_key
from tests.factories import CampaignFactory, ContactFactory
from tests.links.clicking import MAP, SALE, TEXT, get
from tests.links.conftest import BASE
from tests.simulator import Simulator
from tests.steps import assert_sound

pytestmark = pytest.mark.django_db
CODE = re.compile(rf"{re.escape(BASE)}/r/([0-9A-Za-z]{{12}})(?![0-9A-Za-z])")


@pytest.fixture
def api(shop: Store) -> APIClient:
    """The store's software."""
    return with_key(shop)


def path(campaign: Campaign, action: str = "") -> str:
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}{action and '/' + action}"


def read_minutes_later() -> None:
    """People read what they were sent after a while."""
    CampaignRecipient.objects.exclude(sent_at=None).update(sent_at=timezone.now() - timedelta(minutes=3))


def received(simulator: Simulator) -> list[str]:
    """The texts that reached the provider, oldest first."""
    return [item["text"] for item in simulator.received()]


def test_the_text_that_arrives_holds_links_that_lead_to_the_shop_and_are_counted(
    shop: Store, api: APIClient, simulator: Simulator, account: ProviderAccount
) -> None:
    campaign = CampaignFactory.create(store=shop, people=4, message=TEXT)
    before = len(received(simulator))
    launch(store_id=shop.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    send_next()
    texts = received(simulator)[before:]
    read_minutes_later()

    codes = [CODE.findall(text) for text in texts]
    answers = [get(codes[0][0]), get(codes[0][1]), get(codes[1][0]), get(codes[2][0], agent="curl/8.5")]
    count_clicks()

    assert [len(found) for found in codes] == [2, 2, 2, 2]
    assert len({code for found in codes for code in found}) == 8
    assert [answer["Location"] for answer in answers] == [SALE, MAP, SALE, SALE]
    clicks = api.get(path(campaign, "metrics")).json()["clicks"]
    assert {name: clicks[name] for name in ("clicks", "human", "people", "rate")} == {
        "clicks": 4,
        "human": 3,
        "people": 2,
        "rate": 0.5,
    }
    assert [(one["url"], one["people"]) for one in clicks["links"]] == [(SALE, 2), (MAP, 1)]
    assert sorted(MessageLog.objects.filter(kind="attempt").values_list("text", flat=True)) == sorted(texts)
    assert_sound()


def test_a_test_has_links_of_its_own(
    shop: Store, api: APIClient, simulator: Simulator, account: ProviderAccount
) -> None:
    campaign = CampaignFactory.create(
        store=shop, message="Hi {{first_name}}: https://shop.example/sale?utm=sms {{opt_out_link}}"
    )
    before = len(received(simulator))

    answer = api.post(path(campaign, "test"), {"to": ["+306971111111"]})
    send_next()
    [text] = received(simulator)[before:]
    read_minutes_later()
    [code] = CODE.findall(text)

    assert answer.status_code == 202
    assert text == f"Hi Maria: {BASE}/r/{code} {BASE}/u/{'x' * TOKEN_LENGTH}"
    assert get(code)["Location"] == SALE
    count_clicks()
    tested = Campaign.objects.get(kind="test")
    assert tested.progress.clickers == 1
    assert CampaignLink.objects.get().campaign == tested
    assert Campaign.objects.get(pk=campaign.pk).run == 0


def test_a_test_for_a_contact_gives_nobody_the_contacts_opt_out(
    shop: Store, api: APIClient, simulator: Simulator, account: ProviderAccount
) -> None:
    contact = ContactFactory.create(store=shop, first_name="Ada")
    campaign = CampaignFactory.create(store=shop, message="{{first_name}} https://a.example {{opt_out_link}}")
    before = len(received(simulator))

    api.post(path(campaign, "test"), {"to": ["+306971111111"], "contact": public_id(contact.pk, kind="con")})
    send_next()

    [text] = received(simulator)[before:]
    assert text.startswith(f"Ada {BASE}/r/")
    assert read(text[-TOKEN_LENGTH:]) is None


def test_a_test_shortens_only_what_the_campaign_would(shop: Store, api: APIClient) -> None:
    campaign = CampaignFactory.create(store=shop, message="https://shop.example/?n={{first_name}}")

    api.post(path(campaign, "test"), {"to": ["+306971111111"]})

    assert Campaign.objects.get(kind="test").message == "https://shop.example/?n=Maria"
    assert not CampaignLink.objects.exists()


def direct(api: APIClient, text: str, **more: Any) -> dict[str, Any]:
    answer = api.post(f"{V1}/messages", {"to": "+306971111111", "text": text, **more})
    assert answer.status_code == 202, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_direct_messages_keep_their_addresses_unless_asked(
    shop: Store, api: APIClient, simulator: Simulator, account: ProviderAccount
) -> None:
    CampaignFactory.create(store=shop)  # credits
    before = len(received(simulator))

    direct(api, "Your order: https://shop.example/o/1")
    shortened = direct(api, "Your order: https://shop.example/o/1", short_links=True)
    send_next()
    send_next()
    texts = received(simulator)[before:]
    read_minutes_later()

    assert texts[0] == "Your order: https://shop.example/o/1"
    [code] = CODE.findall(texts[1])
    assert get(code)["Location"] == "https://shop.example/o/1"
    assert CampaignLink.objects.get().campaign_id == private_id(shortened["campaign"], kind="cmp")


def test_a_direct_message_to_a_contact_may_hold_their_opt_out_link(
    shop: Store, api: APIClient, simulator: Simulator, account: ProviderAccount
) -> None:
    CampaignFactory.create(store=shop)
    contact: Contact = ContactFactory.create(store=shop, phone="+306971111111")
    before = len(received(simulator))

    direct(api, "Stop: {{opt_out_link}}")
    send_next()

    [text] = received(simulator)[before:]
    found = read(text[-TOKEN_LENGTH:])
    assert found
    assert (found.store_id, found.contact_id) == (shop.pk, contact.pk)


def test_the_api_takes_and_shows_the_switch(shop: Store, api: APIClient) -> None:
    body = {"name": "Sale", "message": "https://shop.example/a", "audience": {"all": True}}
    made = api.post(f"{V1}/campaigns", body).json()
    assert made["short_links"] is True
    quoted = api.get(f"{V1}/campaigns/{made['id']}/preview").json()

    changed = api.patch(f"{V1}/campaigns/{made['id']}", {"short_links": False}).json()
    cloned = api.post(f"{V1}/campaigns/{made['id']}/clone", {}).json()

    assert quoted["links"] == [{"number": 1, "url": "https://shop.example/a"}]
    assert (changed["short_links"], cloned["short_links"]) == (False, False)
    assert api.get(f"{V1}/campaigns/{made['id']}/preview").json()["links"] == []


def test_previews_of_drafts_show_links_as_wide_as_they_will_be(shop: Store, api: APIClient) -> None:
    ContactFactory.create(store=shop, first_name="Ada")
    body = {"message": "{{first_name}}: https://shop.example/a", "audience": {"all": True}}

    on = api.post(f"{V1}/campaigns/preview", body).json()
    off = api.post(f"{V1}/campaigns/preview", {**body, "short_links": False}).json()
    price = api.post(f"{V1}/campaigns/quote", body).json()

    assert on["messages"][0]["text"] == f"Ada: {BASE}/r/xxxxxxxxxxxx"
    assert off["messages"][0]["text"] == "Ada: https://shop.example/a"
    assert price["parts"] == on["messages"][0]["parts"] == 1
