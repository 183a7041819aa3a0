"""Confirmations of sign-ups: direct messages on the one road, sent once each, refused quietly."""

import re

import pytest
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Contact, OptInRequest, Store
from audiences.phones import Phone
from audiences.services.consent import suppress
from audiences.services.joining import SignUp, sign_up
from billing.services import account_of, grant
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.confirmations import NAME, TEXTS, send_waiting, text_of
from config.audit import SYSTEM
from messaging.sending.settle import settle
from messaging.watching.dashboard import dashboard
from providers.gsm import count
from tests.factories import StoreFactory
from tests.races import at_once
from tests.steps import claimed, marked, settlement

A = "+306941111111"


def asked(store: Store, phone: str = A, credits: int = 100) -> OptInRequest:
    """Somebody signed up at a store with so many credits."""
    if credits and not account_of(store.pk).balance:
        grant(store_id=store.pk, amount=credits, key=f"grant:{store.pk}", label="", actor=SYSTEM)
    sign_up(SignUp(Phone(phone, "GR"), {}, "en", {}), store=store)
    return OptInRequest.objects.latest("pk")


def test_a_confirmation_is_a_direct_message_with_the_link(store: Store, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://sms.example.com"
    asked(store)

    assert send_waiting(limit=10) == {"sent": 1, "refused": 0, "taken": 0}

    campaign, request = Campaign.objects.get(), OptInRequest.objects.get()
    assert (campaign.kind, campaign.name, campaign.status, campaign.priority) == ("direct", NAME, "sending", 0)
    assert (request.state, request.campaign_id) == ("sent", campaign.pk)
    [person] = claimed().people
    assert person.phone == A
    assert re.search(r"https://sms\.example\.com/j/\w{19} ", person.text)


def test_it_costs_what_any_message_costs(store: Store) -> None:
    asked(store)
    send_waiting(limit=10)
    work = claimed()

    marked(work)
    settle(settlement(work))

    assert account_of(store.pk).balance == 99
    assert CampaignRecipient.objects.get().status == "sent"


def test_sending_again_sends_nothing_more(store: Store) -> None:
    asked(store)

    assert [send_waiting(limit=10)["sent"] for _ in range(3)] == [1, 0, 0]
    assert Campaign.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_senders_send_it_once() -> None:
    store = StoreFactory.create()
    for n in range(3):
        asked(store, f"+30694111111{n}")

    outcomes = at_once(4, lambda _: send_waiting(limit=10))

    done = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(done) == 4
    assert sum(outcome["sent"] for outcome in done) == Campaign.objects.count() == 3
    assert CampaignRecipient.objects.count() == 3
    assert account_of(store.pk).held == 3


def test_without_credits_it_is_refused_and_the_store_is_told(store: Store) -> None:
    asked(store, credits=0)

    assert send_waiting(limit=10) == {"sent": 0, "refused": 1, "taken": 0}

    request = OptInRequest.objects.get()
    assert (request.state, request.reason) == ("refused", "no_credits")
    assert Contact.objects.get().phone is None  # nobody stays by a form alone
    assert "sign_ups_lost" in [alert.code for alert in dashboard(store).alerts]


@pytest.mark.parametrize(
    ("how", "reason"), [("stopped", "stopped"), ("suppressed", "suppressed"), ("everywhere", "suppressed")]
)
def test_what_may_not_be_sent_is_refused_with_the_reason(store: Store, how: str, reason: str) -> None:
    asked(store)
    if how == "stopped":
        Store.objects.update(sending_stopped=True)
    else:
        whose = store.pk if how == "suppressed" else None
        suppress(store_id=whose, phone=A, reason="complaint", source="test", actor=SYSTEM)

    send_waiting(limit=10)

    assert (OptInRequest.objects.get().state, OptInRequest.objects.get().reason) == ("refused", reason)
    assert not Campaign.objects.exists()
    assert "sign_ups_lost" not in [alert.code for alert in dashboard(store).alerts]


def test_who_opted_out_before_the_message_left_is_not_texted(store: Store) -> None:
    asked(store)
    Contact.objects.update(consent="opted_out")

    send_waiting(limit=10)

    assert OptInRequest.objects.get().reason == "opted_out"


def test_what_is_too_old_is_not_sent(store: Store) -> None:
    asked(store)
    OptInRequest.objects.update(expires_at=timezone.now())

    assert send_waiting(limit=10) == {"sent": 0, "refused": 0, "taken": 0}


def test_so_many_at_a_time(store: Store) -> None:
    for n in range(3):
        asked(store, f"+30694111111{n}")

    assert [send_waiting(limit=2)["sent"] for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize(
    "name", ["Corner Shop", "Καφές της Γωνίας", "Zoë’s “Café” & {{first_name}} 😀", "A very long name " * 8, "小さな店"]
)
def test_the_message_is_one_part_whatever_the_store_is_called(
    store: Store, settings: Settings, language: str, name: str
) -> None:
    settings.PUBLIC_URL = "https://messages.example.com"
    store.name = name
    request = OptInRequest(pk=2**36 - 1, store=store, language=language)

    text = text_of(request)

    assert (count(text).encoding, count(text).parts) == ("GSM-7", 1)
    assert "{" not in text
