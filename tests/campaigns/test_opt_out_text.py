"""The opt-out text: quoted, shown, frozen at launch and sent, always the same."""

import pytest

from audiences.models import Contact, Store
from billing.prices import PriceTable
from campaigns.drafts import Draft, full_text
from campaigns.models import Campaign, CampaignRecipient
from campaigns.preview import preview
from campaigns.quotes import make_quote
from providers.gsm import count
from tests.factories import CampaignFactory, StoreFactory
from tests.steps import claimed, launched

pytestmark = pytest.mark.django_db
STOP = "Opt out: reply STOP"


@pytest.fixture
def shop(db: None) -> Store:
    return StoreFactory.create(opt_out_text=STOP)


@pytest.mark.parametrize("kind", ["marketing", "birthday", "welcome"])
def test_it_stands_on_a_line_of_its_own(kind: str) -> None:
    assert full_text("Sale!", kind=kind, opt_out_text=STOP) == "Sale!\nOpt out: reply STOP"
    assert full_text("Sale! \n", kind=kind, opt_out_text=STOP) == "Sale!\nOpt out: reply STOP"


@pytest.mark.parametrize("kind", ["service", "test", "direct"])
def test_what_somebody_asked_for_goes_without_it(kind: str) -> None:
    assert full_text("Your order is ready", kind=kind, opt_out_text=STOP) == "Your order is ready"


def test_nothing_is_appended_twice_or_to_nothing() -> None:
    assert full_text(f"Sale! {STOP}", kind="marketing", opt_out_text=STOP) == f"Sale! {STOP}"
    assert full_text("Sale! ", kind="marketing", opt_out_text="") == "Sale! "
    assert full_text(" ", kind="marketing", opt_out_text=STOP) == " "


def test_its_parts_are_in_the_quote(shop: Store) -> None:
    campaign = CampaignFactory.create(store=shop, people=2, message="x" * 150)

    assert make_quote(store=shop, draft=Draft.of(campaign)).credits == 4
    assert make_quote(store=shop, draft=Draft.of(campaign)._replace(kind="service")).credits == 2


def test_quote_recipients_preview_and_the_text_that_is_sent_agree(shop: Store) -> None:
    campaign = launched(store=shop, people=1, message="Hi {{first_name}}, " + "x" * 150)

    [person] = claimed().people

    [recipient] = CampaignRecipient.objects.filter(campaign=campaign)
    [shown] = preview(store=shop, draft=Draft.of(campaign), prices=PriceTable({})).messages
    assert person.text == shown.text
    assert person.text.endswith(f"x\n{STOP}")
    assert campaign.quote
    assert count(person.text).parts == recipient.parts == person.parts == shown.parts == campaign.quote.parts == 2


def test_a_change_after_the_launch_changes_nothing(shop: Store) -> None:
    campaign = launched(store=shop, people=1, message="Sale!")
    Store.objects.filter(pk=shop.pk).update(opt_out_text="x" * 60)

    [person] = claimed().people

    assert person.text == f"Sale!\n{STOP}"
    assert Campaign.objects.get(pk=campaign.pk).opt_out_text == STOP


def test_a_store_without_one_sends_the_message_alone() -> None:
    launched(people=1, message="Sale!")

    assert [person.text for person in claimed().people] == ["Sale!"]


def test_names_are_written_plainly_when_the_campaign_says_so(shop: Store) -> None:
    campaign = CampaignFactory.create(store=shop, people=1, message="{{first_name}} " + "x" * 90, plain_values=True)
    Contact.objects.filter(store=shop).update(first_name="Γιώργος")
    costly = make_quote(store=shop, draft=Draft.of(campaign)._replace(plain_values=False))

    launched_one = make_quote(store=shop, draft=Draft.of(campaign))

    assert (costly.parts, launched_one.parts) == (2, 1)
    assert costly.encoding == {"UCS-2": 1}
    [shown] = preview(store=shop, draft=Draft.of(campaign), prices=PriceTable({})).messages
    assert shown.text.startswith("ΓIΩPΓOΣ x")
