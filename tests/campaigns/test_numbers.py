"""Tests and direct messages: campaigns to numbers, on the same road and for the same price."""

from typing import Any

import pytest
from pytest_django import Settings

from audiences.models import Contact, Store, Suppression
from audiences.phones import phone_hash
from billing.errors import InsufficientCredits
from billing.services import grant
from campaigns.errors import NoMessageText, NoRecipients, StoreStopped
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, Quote
from campaigns.services.direct import send_direct
from campaigns.services.finish import finish
from campaigns.services.numbers import Sent
from campaigns.services.shelf import NotWritten
from campaigns.services.trial import TooManyTests, send_test
from config.audit import SYSTEM, Actor
from config.opaque import public_id
from config.problems import InvalidFields, NotFound
from messaging.sending.settle import settle
from providers.interface import Refused
from tests.campaigns.roads import hold_of
from tests.factories import CampaignFactory, ContactFactory
from tests.races import at_once
from tests.steps import assert_holds_match, claimed, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db
MINE = "+306971111111"
OURS = ["+306971111111", "+306972222222"]


def tried(campaign: Campaign, to: list[str] | None = None, **more: Any) -> Sent:
    """The campaign, tested."""
    return send_test(store=campaign.store, campaign_id=campaign.pk, to=to or [MINE], actor=SYSTEM, **more)


def direct(store: Store, to: list[Any], text: str = "Your code is 4711", credits: int = 100) -> Sent:
    """A direct message of a store with so many credits."""
    grant(store_id=store.pk, amount=credits, key=f"grant:{store.pk}", label="", actor=SYSTEM)
    return send_direct(store=store, to=to, text=text, priority=1, actor=SYSTEM)


def suppress(phone: str, store: Store | None = None) -> None:
    Suppression.objects.create(store=store, phone_hash=phone_hash(phone), reason="staff", source="staff")


def texts() -> list[tuple[str, str]]:
    """What leaves next."""
    return [(person.phone, person.text) for person in claimed().people]


# tests ----------------------------------------------------------------------------------------------------------------


def test_a_test_is_sent_and_billed_like_any_message(store: Store) -> None:
    source = CampaignFactory.create(store=store, message="Hi {{first_name}}, sale!")

    sent = tried(source, OURS)
    work = claimed()
    marked(work)
    settle(settlement(work))
    finish(sent.campaign.pk)

    test = Campaign.objects.get(pk=sent.campaign.pk)
    assert (test.kind, test.status, test.name) == ("test", "completed", f"Test: {source.name}")
    assert [(person.phone, person.text) for person in work.people] == [(one, "Hi Maria, sale!") for one in OURS]
    assert (statuses(test), money(test), sent.credits_held) == ({"sent": 2}, (998, 0), 2)
    assert_holds_match(test)


def test_the_campaign_itself_stays_as_it_is_and_remembers_the_test(store: Store, actor: Actor) -> None:
    source = CampaignFactory.create(store=store)

    sent = send_test(store=store, campaign_id=source.pk, to=[MINE], actor=actor)

    assert Campaign.objects.get(pk=source.pk).status == "draft"
    line = CampaignEvent.objects.get(campaign=source)
    assert (line.event, line.before, line.after, line.actor) == ("test", "draft", "draft", "user:7")
    assert line.facts == {"test": public_id(sent.campaign.pk, kind="cmp"), "recipients": 1}


def test_the_hold_is_the_quote(store: Store) -> None:
    sent = tried(CampaignFactory.create(store=store, message="x" * 161), OURS)

    quote = Quote.objects.get()
    assert sent.campaign.quote == quote
    assert (quote.recipients, quote.parts, quote.credits, quote.parts_histogram) == (2, 4, 4, {"2": 2})
    assert quote.countries == [{"country": "GR", "recipients": 2, "parts": 4, "credits_per_part": 1, "credits": 4}]
    assert hold_of(sent.campaign).amount == 4


def test_it_is_the_whole_message_with_the_opt_out_text(store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(opt_out_text="Opt out: STOP")
    eleni = ContactFactory.create(store=store, first_name="Eleni")
    source = CampaignFactory.create(store=store, message="Hi {{first_name}}")

    tried(source)
    tried(source, contact_id=eleni.pk)

    assert sorted(text for _, text in [*texts(), *texts()]) == ["Hi Eleni\nOpt out: STOP", "Hi Maria\nOpt out: STOP"]


def test_names_are_in_plain_letters_if_the_campaign_is(store: Store) -> None:
    source = CampaignFactory.create(store=store, message="Hi {{first_name}}", plain_values=True)

    tried(source, values={"first_name": "Čapek"})

    assert texts() == [(MINE, "Hi Capek")]


def test_it_shows_what_a_chosen_contact_would_get(store: Store) -> None:
    eleni = ContactFactory.create(store=store, first_name="Eleni")

    sent = tried(CampaignFactory.create(store=store, message="Hi {{first_name}}"), contact_id=eleni.pk)

    assert texts() == [(MINE, "Hi Eleni")]
    assert sent.campaign.message == "Hi {{first_name}}"  # no name of anybody is kept


def test_an_erased_contacts_name_does_not_leave(store: Store) -> None:
    eleni = ContactFactory.create(store=store, first_name="Eleni")
    tried(CampaignFactory.create(store=store, message="Hi {{first_name|you}}"), contact_id=eleni.pk)
    Contact.objects.filter(pk=eleni.pk).update(first_name="")

    assert texts() == [(MINE, "Hi you")]


def test_it_shows_the_values_given(store: Store) -> None:
    tried(CampaignFactory.create(store=store, message="Hi {{first_name}} {{last_name}}"), values={"first_name": "Jo"})

    assert texts() == [(MINE, "Hi Jo Papadopoulou")]


def test_ones_own_number_may_be_a_contacts_and_shows_the_example_all_the_same(store: Store) -> None:
    ContactFactory.create(store=store, phone=MINE, first_name="Owner", consent="unknown")

    tried(CampaignFactory.create(store=store, message="Hi {{first_name}}"))

    assert texts() == [(MINE, "Hi Maria")]


@pytest.mark.parametrize("how", ["store", "everywhere", "opted_out"])
def test_who_must_not_be_texted_gets_no_test_either(store: Store, how: str) -> None:
    source = CampaignFactory.create(store=store)
    if how == "opted_out":
        ContactFactory.create(store=store, phone=MINE, consent="opted_out")
    else:
        suppress(MINE, store if how == "store" else None)

    with pytest.raises(InvalidFields) as caught:
        tried(source, OURS)

    assert caught.value.facts["errors"][0]["code"] == ("opted_out" if how == "opted_out" else "suppressed")
    assert Campaign.objects.count() == 1
    assert money(source) == (1000, 0)


def test_who_opts_out_before_it_leaves_does_not_get_it(store: Store) -> None:
    sent = tried(CampaignFactory.create(store=store), OURS)
    suppress(MINE, store)

    assert [phone for phone, _ in texts()] == [OURS[1]]
    assert CampaignRecipient.objects.get(campaign=sent.campaign, phone=MINE).reason == "suppressed"


def test_every_bad_number_is_named(store: Store) -> None:
    with pytest.raises(InvalidFields) as caught:
        tried(CampaignFactory.create(store=store), [MINE, "12", "hello"])

    errors = caught.value.facts["errors"]
    assert [error["pointer"] for error in errors] == ["#/to/1", "#/to/2"]


def test_a_number_written_twice_is_texted_once(store: Store) -> None:
    assert len(tried(CampaignFactory.create(store=store), [MINE, "697 111 1111"]).messages) == 1


def test_a_store_sends_so_many_tests_an_hour(store: Store, other_store: Store, settings: Settings) -> None:
    settings.TEST_SENDS_PER_HOUR = 2
    source = CampaignFactory.create(store=store)
    for _ in range(2):
        tried(source)

    with pytest.raises(TooManyTests) as caught:
        tried(source)

    assert (caught.value.status, caught.value.code) == (429, "RATE_LIMITED")
    assert 3500 < caught.value.facts["retry_after"] <= 3601
    assert money(source) == (1000, 2)
    assert tried(CampaignFactory.create(store=other_store)).messages


def test_what_cannot_be_tested(store: Store, other_store: Store) -> None:
    with pytest.raises(NoMessageText):
        tried(CampaignFactory.create(store=store, message=" "))
    with pytest.raises(NotWritten):
        tried(CampaignFactory.create(store=store, kind="direct"))
    with pytest.raises(InvalidFields):
        tried(CampaignFactory.create(store=store), contact_id=ContactFactory.create(store=other_store).pk)
    with pytest.raises(NotFound):
        send_test(store=other_store, campaign_id=Campaign.objects.earliest("pk").pk, to=[MINE], actor=SYSTEM)
    assert not Campaign.objects.filter(kind="test").exists()


# direct messages ------------------------------------------------------------------------------------------------------


def test_a_direct_message_needs_no_contact_and_no_consent(store: Store) -> None:
    known = ContactFactory.create(store=store, consent="unknown", first_name="Ada")

    sent = direct(store, [MINE, known.phone], "Hello {{first_name|there}}")

    assert [message.phone for message in sent.messages] == [MINE, known.phone]
    assert set(sent.campaign.recipients.values_list("phone", "contact_id")) == {(MINE, None), (known.phone, known.pk)}
    assert set(texts()) == {(MINE, "Hello there"), (known.phone, "Hello Ada")}
    assert (sent.campaign.kind, sent.campaign.status, sent.credits_held) == ("direct", "sending", 2)


def test_who_said_no_is_left_out_with_the_reason(store: Store) -> None:
    suppress(MINE, store)
    out = ContactFactory.create(store=store, consent="opted_out")

    sent = direct(store, [MINE, out.phone, OURS[1]])

    assert [(number.phone, number.reason) for number in sent.skipped] == [
        (MINE, "suppressed"),
        (out.phone, "opted_out"),
    ]
    assert [message.phone for message in sent.messages] == [OURS[1]]
    assert sent.campaign.quote
    assert sent.campaign.quote.exclusions == {"suppressed": 1, "opted_out": 1}


def test_with_nobody_left_there_is_no_campaign(store: Store) -> None:
    suppress(MINE)

    with pytest.raises(NoRecipients) as caught:
        direct(store, [MINE])

    assert caught.value.facts == {"exclusions": {"suppressed": 1}}
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(("text", "problem"), [(" ", NoMessageText), ("{{nope}}", InvalidFields)])
def test_a_bad_text_is_refused(store: Store, text: str, problem: type[Exception]) -> None:
    with pytest.raises(problem):
        direct(store, [MINE], text)

    assert not Campaign.objects.exists()


def test_without_credits_nothing_is_sent(store: Store) -> None:
    with pytest.raises(InsufficientCredits):
        direct(store, OURS, credits=1)

    assert not Campaign.objects.exists()
    assert not CampaignRecipient.objects.exists()


def test_a_stopped_store_sends_nothing(store: Store) -> None:
    store.sending_stopped = True

    with pytest.raises(StoreStopped):
        direct(store, [MINE])


def test_what_was_refused_costs_nothing(store: Store) -> None:
    sent = direct(store, [MINE])
    work = claimed()
    marked(work)
    settle(settlement(work, [Refused("invalid_number", "7", retryable=False)]))
    finish(sent.campaign.pk)

    assert (statuses(sent.campaign), money(sent.campaign)) == ({"failed": 1}, (100, 0))


def test_a_hundred_numbers_take_as_many_statements_as_two(store: Store, django_assert_max_num_queries: Any) -> None:
    grant(store_id=store.pk, amount=200, key="grant", label="", actor=SYSTEM)
    many = [f"+3069710{n:05d}" for n in range(100)]

    with django_assert_max_num_queries(45):
        send_direct(store=store, to=OURS, text="Hi", priority=1, actor=SYSTEM)
    with django_assert_max_num_queries(45):
        send_direct(store=store, to=many, text="Hi {{first_name|x}}", priority=1, actor=SYSTEM)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_limit_of_tests_holds_for_many_at_once(store: Store, settings: Settings) -> None:
    settings.TEST_SENDS_PER_HOUR = 3
    source = CampaignFactory.create(store=store)

    results = at_once(8, lambda _: tried(source))

    assert sum(isinstance(result, Sent) for result in results) == 3
    assert sum(isinstance(result, TooManyTests) for result in results) == 5
    assert money(source) == (1000, 3)
