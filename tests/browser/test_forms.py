"""Forms with more in them than fields: the rules of a segment, the conditions of an automation, fields of contacts."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from audiences.models import Member, Segment, Store
from campaigns.models import Automation
from config.opaque import public_id
from tests.browser.screen import Screen
from tests.factories import CampaignFactory, ContactFactory, MemberFactory, SegmentFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member(db: None) -> Member:
    """The owner of a store with three people."""
    made: Member = MemberFactory.create()
    for name, gender, language in (("Anna", "female", "el"), ("Berta", "female", "de"), ("Chris", "male", "el")):
        ContactFactory.create(store=made.store, first_name=name, gender=gender, language=language)
    return made


def test_a_segment_is_built_and_counted_while_one_types(
    screen: Screen, live_server: LiveServer, member: Member
) -> None:
    def build(page: Page) -> None:
        page.goto("/segments/new")
        count = page.locator("#told .count-of b")
        page.get_by_label("Name", exact=True).fill("Greek women")
        page.get_by_label("What to ask").select_option("gender:is")
        page.get_by_label("Female").check()
        expect(count).to_have_text("2")
        page.get_by_role("button", name="Rule", exact=True).click()
        expect(page.locator("#r-2")).to_be_focused()
        page.locator("#r-2").select_option("language:is")
        page.locator("#v-2").fill("el")
        expect(count).to_have_text("1")
        expect(page.locator("#told-2")).to_have_text("2 meet it, 1 left")
        page.get_by_role("button", name="Group", exact=True).click()
        page.locator("#r-4").select_option("age:at_least")
        expect(page.locator("#fault-4")).to_contain_text("bad_number")
        page.get_by_role("button", name="Take this group out").click()
        expect(count).to_have_text("1")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Greek women")).to_be_visible()

    screen.show(build, url=live_server.url, user=member.user, options={"locale": "en"})

    [segment] = Segment.objects.filter(store=member.store)
    assert segment.rules == {"and": [{"rule": "gender", "is": ["female"]}, {"rule": "language", "is": ["el"]}]}


def test_why_somebody_is_not_in_a_segment_is_asked_with_enter(
    screen: Screen, live_server: LiveServer, member: Member
) -> None:
    segment = SegmentFactory.create(store=member.store)

    def ask(page: Page) -> None:
        page.goto(f"/segments/{public_id(segment.pk, kind='seg')}")
        page.get_by_label("Name, e-mail or phone").fill("chris")
        page.get_by_label("Name, e-mail or phone").press("Enter")
        expect(page.locator("#told")).to_contain_text("is not in it, because of:")
        expect(page.locator("#rules .rule-line")).to_have_count(1)

    screen.show(ask, url=live_server.url, user=member.user, options={"locale": "en"})


def test_an_automation_is_written_with_its_conditions(screen: Screen, live_server: LiveServer, member: Member) -> None:
    def write(page: Page) -> None:
        page.goto("/automations/new")
        page.get_by_role("link", name=re.compile("^Event")).click()
        page.get_by_label("Name", exact=True).fill("After a purchase")
        page.get_by_label("Text", exact=True).fill("Thank you!")
        page.get_by_label("Name of the event").fill("purchase")
        page.get_by_label("Property").fill("total")
        page.get_by_label("Comparison").select_option("gte")
        page.get_by_label("Value").fill("62.5")
        page.get_by_role("button", name="Condition").click()
        page.get_by_label("Property").nth(1).fill("shop")
        page.get_by_label("Value").nth(1).fill("web")
        page.get_by_label("Only of").select_option(label="Women")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="After a purchase")).to_be_visible()
        page.get_by_role("button", name="Switch on").click()
        page.locator("#confirm [data-go]").click()
        expect(page.locator(".title .badge")).to_have_text("On")

    screen.show(write, url=live_server.url, user=member.user, options={"locale": "en"})

    automation = Automation.objects.get()
    assert automation.conditions == [
        {"property": "total", "op": "gte", "value": 62.5},
        {"property": "shop", "op": "eq", "value": "web"},
    ]
    assert automation.audience["key"] == "women"
    assert automation.active


def test_fields_of_contacts_come_and_go(screen: Screen, live_server: LiveServer, member: Member) -> None:
    Store.objects.filter(pk=member.store_id).update(custom_fields={"city": "text", "size": "number"})

    def change(page: Page) -> None:
        page.goto("/settings/fields")
        page.get_by_label("Name").first.fill("")
        page.get_by_label("Name").last.fill("vip")
        page.get_by_label("Kind").last.select_option("yes_no")
        page.get_by_role("button", name="Save").click()
        page.locator(".toast").wait_for()

    screen.show(change, url=live_server.url, user=member.user, options={"locale": "en"})

    assert Store.objects.get(pk=member.store_id).custom_fields == {"size": "number", "vip": "yes_no"}


def test_a_campaign_is_written_to_a_segment(screen: Screen, live_server: LiveServer, member: Member) -> None:
    campaign = CampaignFactory.create(store=member.store)
    name = public_id(campaign.pk, kind="cmp")

    def choose(page: Page) -> None:
        page.goto(f"/campaigns/{name}/edit")
        page.get_by_label("A segment", exact=True).check()
        page.get_by_label("Segment", exact=True).select_option("sys:women")
        expect(page.locator("#segment-count")).to_have_text("2 contacts")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url(f"**/campaigns/{name}#send")
        expect(page.locator("#send-title")).to_contain_text("2")

    screen.show(choose, url=live_server.url, user=member.user, options={"locale": "en"})

    campaign.refresh_from_db()
    assert campaign.audience == {"kind": "segment", "key": "women", "exclude": []}
