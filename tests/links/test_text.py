"""Short links in texts: quoted, held, shown and sent with the same number of parts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from audiences.models import Store
from audiences.opt_out_links import TOKEN_LENGTH, read
from billing.prices import PriceTable
from campaigns.content import Content, parse
from campaigns.drafts import Draft
from campaigns.links import codes
from campaigns.links.codes import Mark
from campaigns.links.keys import keys
from campaigns.links.own import writer
from campaigns.models import Campaign, CampaignLink, CampaignRecipient
from campaigns.preview import preview
from campaigns.quotes import make_quote
from campaigns.services.gate import warnings
from providers.gsm import count
from tests.factories import CampaignFactory, StoreFactory
from tests.links.conftest import BASE
from tests.steps import assert_sound, claimed, launched

SAMPLE = f"{BASE}/r/xxxxxxxxxxxx"
LINK = re.compile(rf"{re.escape(BASE)}/r/([0-9A-Za-z]{{12}})(?![0-9A-Za-z])")


def shortened(message: str) -> Content:
    return parse(message, base_url=BASE, short_links=True)


def rendered(message: str, *values: str) -> str:
    return shortened(message).render(values)


def links_of(content: Content) -> dict[int, str]:
    return {own.number: own.url for own in content.owns}


def test_addresses_become_links_in_the_order_of_the_text() -> None:
    content = shortened("A https://a.example/1, b www.b.example {{first_name}} https://a.example/1.")

    assert content.render(("Ada",)) == f"A {SAMPLE}, b {SAMPLE} Ada {SAMPLE}."
    assert links_of(content) == {1: "https://a.example/1", 2: "http://www.b.example"}
    assert content.render(("Ada",), ("1" * 12, "2" * 12)) == (
        f"A {BASE}/r/111111111111, b {BASE}/r/222222222222 Ada {BASE}/r/111111111111."
    )


def test_one_link_alone_is_rendered_too() -> None:
    assert shortened("https://a.example").render((), ("1" * 12,)) == f"{BASE}/r/111111111111"


def test_values_and_texts_may_hold_what_looks_like_formats_and_codes() -> None:
    content = shortened("100% {{first_name}} https://a.example %s {{last_name}}")

    assert content.render(("%s%d", "x" * 12), ("7" * 12,)) == f"100% %s%d {BASE}/r/777777777777 %s xxxxxxxxxxxx"


def test_an_address_with_a_placeholder_stays_as_it_is() -> None:
    for message in (
        "https://shop.example/?c={{email}}",
        "https://shop.example/?c={{ email }}&d=1",
        "https://{{email}}/x",
        "https://shop.example/{{email|x}}/y",
        "{{email|https://shop.example}}",
        "{{email}}https://shop.example",
    ):
        assert shortened(message).owns == ()


def test_an_address_that_begins_with_the_links_own_stays_as_it_is() -> None:
    assert shortened(f"{BASE}/r/abcdefghijkl {BASE}/u/abc {BASE}/join/shop").owns == ()
    assert links_of(shortened(f"{BASE}.evil.example/r/x")) == {1: f"{BASE}.evil.example/r/x"}


def test_of_many_addresses_the_first_ten_become_links() -> None:
    content = shortened(" ".join(f"https://a.example/{n}" for n in range(12)))

    assert list(links_of(content)) == list(range(1, 11))
    assert content.render(()).endswith("https://a.example/10 https://a.example/11")


def test_without_a_base_or_the_switch_nothing_changes() -> None:
    message = "See https://a.example {{first_name}}"

    assert parse(message, base_url=BASE).render(("Ada",)) == "See https://a.example Ada"
    assert parse(message, short_links=True).render(("Ada",)) == "See https://a.example Ada"


def test_an_address_in_greek_costs_nothing_once_it_is_a_link() -> None:
    message = "Sale! https://καφές.example/προσφορές"

    assert count(message).encoding == "UCS-2"
    assert shortened(message).sized(()) == (1, True)


def test_the_fixture_of_parts() -> None:
    """153 and 160 septets to the letter: the link is 33 of them, whatever was written."""
    assert len(SAMPLE) == 33
    for filler, parts in ((127, 1), (128, 2), (306 - 33, 2), (307 - 33, 3)):
        assert shortened("x" * (filler - 1) + " https://a.example/" + "y" * 300).parts(()) == parts


NAMES = st.text("abΑωé€[😀\u0301 ", max_size=12)
WORDS = st.sampled_from(
    [
        "https://a.example/x",
        "www.b.example/ελ",
        "{{first_name}}",
        "{{opt_out_link}}",
        "Ω",
        "ω",
        "€",
        "x" * 60,
        " ",
        "\n",
    ]
)


@given(words=st.lists(WORDS, max_size=12), name=NAMES, recipient_id=st.integers(1, 1 << 39))
def test_what_is_counted_is_what_every_recipient_gets(words: list[str], name: str, recipient_id: int) -> None:
    content = shortened(" ".join(words))
    values = content.values({"first_name": name})

    text = content.render(values, writer(content.owns, store_id=7)(recipient_id, 5))

    assert content.parts(values) == count(text).parts == count(content.render(values)).parts
    assert content.sized(values)[1] == (count(text).encoding == "GSM-7")
    assert len(text) == len(content.render(values))


def test_the_opt_out_link_is_each_contacts_own() -> None:
    content = parse("Stop: {{opt_out_link}} {{ opt_out_link }}", base_url=BASE)
    write = writer(content.owns, store_id=7)

    text = content.render((), write(1, 5))

    tokens = re.findall(rf"{BASE}/u/(\w+)", text)
    assert [len(token) for token in tokens] == [TOKEN_LENGTH] * 2
    assert [(found.store_id, found.contact_id) for token in tokens if (found := read(token))] == [(7, 5)] * 2
    assert content.fields == ()
    assert content.has_opt_out_link
    assert read(content.render((), write(1, None))[-TOKEN_LENGTH:]) is None
    assert len(content.render((), write(1, None))) == len(text)


@pytest.mark.django_db
def test_quote_hold_recipients_preview_and_the_text_that_is_sent_agree(shop: Store) -> None:
    message = "Hi {{first_name}}, see https://shop.example/" + "very-long/" * 20 + " now"
    campaign = launched(store=shop, people=3, message=message)

    people = claimed().people

    assert [len(LINK.findall(person.text)) for person in people] == [1, 1, 1]
    shown = preview(store=shop, draft=Draft.of(campaign), prices=PriceTable({}))
    assert [LINK.sub(SAMPLE, person.text) for person in people] == [one.text for one in shown.messages]
    parts = [count(person.text).parts for person in people]
    assert parts == [person.parts for person in people] == [one.parts for one in shown.messages] == [1, 1, 1]
    assert campaign.quote
    assert campaign.reservation
    assert campaign.quote.credits == campaign.reservation.amount == 3
    assert_sound()


@pytest.mark.django_db
def test_each_recipient_has_a_code_that_leads_back_to_them(shop: Store) -> None:
    campaign = launched(store=shop, people=3, message="https://a.example and https://b.example")

    people = claimed().people

    marks = [codes.read(keys(), code) for person in people for code in LINK.findall(person.text)]
    assert marks == [Mark(person.recipient_id, number) for person in people for number in (1, 2)]
    assert {person.recipient_id for person in people} == set(campaign.recipients.values_list("pk", flat=True))


@pytest.mark.django_db
def test_the_links_are_frozen_at_the_launch(shop: Store) -> None:
    campaign = CampaignFactory.create(store=shop, message="https://a.example, www.b.example")
    assert not CampaignLink.objects.exists()

    campaign = launched(store=shop, people=1, message=campaign.message)
    Store.objects.filter(pk=shop.pk).update(links_base_url="https://elsewhere.example")

    rows = CampaignLink.objects.filter(campaign=campaign).order_by("number")
    assert list(rows.values_list("number", "url")) == [(1, "https://a.example"), (2, "http://www.b.example")]
    assert (campaign.short_links, campaign.links_base_url) == (True, BASE)
    assert all(len(LINK.findall(person.text)) == 2 for person in claimed().people)


@pytest.mark.django_db
def test_shortening_can_be_switched_off_for_a_campaign(shop: Store) -> None:
    campaign = launched(store=shop, people=1, message="https://a.example", short_links=False)

    assert [person.text for person in claimed().people] == ["https://a.example"]
    assert not CampaignLink.objects.filter(campaign=campaign).exists()


@pytest.mark.django_db
def test_a_store_without_an_address_for_links_has_none(store: Store, settings: Settings) -> None:
    campaign = launched(store=store, people=1, message="https://a.example")

    assert [person.text for person in claimed().people] == ["https://a.example"]
    assert Campaign.objects.get(pk=campaign.pk).short_links is False

    settings.LINKS_BASE_URL = "https://hg.example"
    launched(store=store, message="https://a.example", people=0)
    assert all(person.text.startswith("https://hg.example/r/") for person in claimed().people)


@pytest.mark.django_db
def test_a_campaign_that_was_launched_before_there_were_links_stays_as_it_was(shop: Store) -> None:
    campaign = launched(store=shop, people=1, message="https://a.example", short_links=False)
    Campaign.objects.filter(pk=campaign.pk).update(short_links=True, links_base_url="")

    assert [person.text for person in claimed().people] == ["https://a.example"]


@pytest.mark.django_db
def test_another_address_for_links_or_the_switch_needs_a_new_quote(shop: Store) -> None:
    with_link = Draft.of(CampaignFactory.create(store=shop, message="https://a.example"))
    without = Draft.of(CampaignFactory.create(store=shop, message="Sale"))

    for change in ({"base_url": "https://elsewhere.example"}, {"short_links": False}):
        assert with_link._replace(**change).content_hash != with_link.content_hash
        assert without._replace(**change).content_hash == without.content_hash


@pytest.mark.django_db
def test_the_opt_out_text_may_hold_the_opt_out_link(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(opt_out_text="Stop: {{opt_out_link}}", links_base_url=BASE)
    campaign = launched(store=Store.objects.get(pk=store.pk), people=2, message="Sale " + "x" * 100)

    people = claimed().people

    tokens = [person.text.rpartition("/u/")[2] for person in people]
    whose = [(found.store_id, found.contact_id) for token in tokens if (found := read(token))]
    contacts = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk").values_list("contact_id", flat=True)
    assert whose == [(store.pk, contact_id) for contact_id in contacts]
    assert [count(person.text).parts for person in people] == [person.parts for person in people]


@pytest.mark.django_db
def test_a_message_with_the_opt_out_link_needs_no_warning(shop: Store) -> None:
    draft = Draft.of(CampaignFactory.create(store=shop, message="Sale"))

    assert [code for code, _ in warnings(draft)] == ["OPT_OUT_MISSING"]
    assert warnings(draft._replace(message="Sale {{opt_out_link}}")) == []


@pytest.mark.django_db
def test_advice_leaves_addresses_alone(shop: Store) -> None:
    campaign = CampaignFactory.create(store=shop, people=2)
    draft = Draft.of(campaign)._replace(message="– “Forêt” https://a.example/forêt " + "x" * 60)

    advice = make_quote(store=shop, draft=draft).advice

    assert {one["character"]: one["times"] for one in advice["characters"]} == {"–": 1, "“": 1, "”": 1, "ê": 1}
    assert [option["message"] for option in advice["options"]] == ['- "Foret" https://a.example/forêt ' + "x" * 60]
    kept = draft._replace(message="Forêt https://a.example/forêt?c={{first_name}}" + "x" * 60)
    assert make_quote(store=shop, draft=kept).advice["options"] == []


@pytest.mark.django_db
def test_a_store_of_strangers_pays_for_the_same_width() -> None:
    short, long = StoreFactory.create(links_base_url="https://a.io"), StoreFactory.create(links_base_url=BASE)
    message = "x" * 130 + " https://shop.example/a/very/long/address"

    parts = [
        make_quote(store=one, draft=Draft.of(CampaignFactory.create(store=one, people=1, message=message))).parts
        for one in (short, long)
    ]

    assert parts == [1, 2]
