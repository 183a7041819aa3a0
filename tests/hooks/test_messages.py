"""Outcomes of messages: each once, whoever commits when, and at no cost for sending."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Store
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.again import retry_failed
from campaigns.services.finish import finish
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.hooks import messages, pump
from messaging.log import LogLine, append
from messaging.models import LogWatermark, MessageLog, ProviderAccount, WebhookDelivery, WebhookEndpoint
from messaging.sending.settle import settle
from providers.interface import Outcome, Refused
from tests.factories import ProviderAccountFactory, WebhookEndpointFactory
from tests.hooks.receiver import Receiver
from tests.messaging.words import applied, receipt
from tests.steps import claimed, due_now, launched, marked, settlement

pytestmark = pytest.mark.django_db
NO = Refused("invalid_number", "7", retryable=False)
LATER = Refused("provider_error", "busy", retryable=True)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here."""
    return ProviderAccountFactory.create()


@pytest.fixture
def hears(store: Store, receiver: Receiver) -> WebhookEndpoint:
    """An endpoint that wants to know of every message."""
    events = ["message.delivered", "message.failed"]
    endpoint: WebhookEndpoint = WebhookEndpointFactory.create(store=store, url=receiver.url(), events=events)
    return endpoint


def sent(store: Store, account: ProviderAccount, *outcomes: Outcome, people: int = 3) -> Campaign:
    """A campaign whose only batch was handed over with these outcomes; without any, everybody was accepted."""
    campaign = launched(store=store, people=people)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, outcomes or None, account_id=account.pk))
    return campaign


def people(campaign: Campaign) -> list[CampaignRecipient]:
    return list(CampaignRecipient.objects.filter(campaign=campaign).order_by("pk"))


def told() -> list[tuple[str, list[str]]]:
    """(event, statuses) of each delivery, oldest first."""
    found = WebhookDelivery.objects.order_by("pk")
    return [(row.event, [one["status"] for one in row.data["messages"]]) for row in found]


def test_what_was_delivered_and_what_failed_is_told_in_two_deliveries(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, receiver: Receiver
) -> None:
    campaign = sent(store, account)
    first, second, _ = people(campaign)
    applied(account, receipt(first), receipt(second, status="undelivered", error_class="unreachable", error_code="27"))

    counts = messages.publish_messages()
    pump.deliver()

    assert counts["deliveries"] == 2
    bodies = {call.body["type"]: call.body["data"]["messages"] for call in receiver.calls}
    [good], [bad] = bodies["message.delivered"], bodies["message.failed"]
    assert good["id"] == public_id(first.pk, kind="rcp")
    assert good["campaign"] == public_id(campaign.pk, kind="cmp")
    assert good["contact"] == public_id(first.contact_id or 0, kind="con")
    assert (good["status"], good["reason"], good["error_code"]) == ("delivered", "", "")
    assert (bad["status"], bad["reason"], bad["error_code"]) == ("undelivered", "unreachable", "27")
    assert "phone" not in good
    assert not any(b"+30" in call.raw for call in receiver.calls)


def test_phones_are_put_in_for_who_asks(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookEndpoint.objects.update(include_phones=True)
    campaign = sent(store, account, NO, NO, NO)
    recipients = people(campaign)
    CampaignRecipient.objects.filter(pk=recipients[0].pk).update(phone=None)

    messages.publish_messages()
    pump.deliver()

    [call] = receiver.calls
    shown = [one["phone"] for one in call.body["data"]["messages"]]
    assert shown == [None, recipients[1].phone, recipients[2].phone]
    assert "+30" not in str(WebhookDelivery.objects.values("data").get())


def test_each_outcome_is_told_once(store: Store, account: ProviderAccount, hears: WebhookEndpoint) -> None:
    campaign = sent(store, account, people=1)
    [person] = people(campaign)
    applied(account, receipt(person))
    messages.publish_messages()

    applied(account, receipt(person, dedupe="again"))
    counts = messages.publish_messages()

    assert (counts["lines"], counts["deliveries"]) == (1, 0)
    assert told() == [("message.delivered", ["delivered"])]


def test_a_word_that_was_overtaken_is_not_told(store: Store, account: ProviderAccount, hears: WebhookEndpoint) -> None:
    campaign = sent(store, account, people=1)
    [person] = people(campaign)
    applied(account, receipt(person, status="undelivered", error_class="unreachable"))
    applied(account, receipt(person))

    messages.publish_messages()

    assert told() == [("message.delivered", ["delivered"])]


def test_a_refusal_that_is_tried_again_is_told_when_it_is_the_last(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, settings: Settings
) -> None:
    settings.SEND_ATTEMPTS = 2
    campaign = sent(store, account, LATER, people=1)
    messages.publish_messages()
    assert told() == []

    due_now(campaign)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, [LATER], account_id=account.pk))
    messages.publish_messages()

    assert told() == [("message.failed", ["failed"])]


def test_a_backlog_with_all_its_attempts_tells_it_once_and_a_new_run_anew(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint
) -> None:
    campaign = sent(store, account, LATER, people=1)
    due_now(campaign)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, [Refused("other", "9", retryable=False)], account_id=account.pk))
    messages.publish_messages()
    assert told() == [("message.failed", ["failed"])]

    finish(campaign.pk)
    retry_failed(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, [NO], account_id=account.pk))
    messages.publish_messages()

    assert told() == [("message.failed", ["failed"])] * 2


def test_many_messages_share_a_delivery_up_to_a_limit(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST", 4)
    sent(store, account, *[NO] * 10, people=10)

    messages.publish_messages()

    assert [len(statuses) for _, statuses in told()] == [4, 4, 2]


def test_while_nobody_asks_no_line_is_read(store: Store, account: ProviderAccount) -> None:
    sent(store, account, NO, NO, NO)

    counts = messages.publish_messages()

    assert counts == {"lines": 0, "deliveries": 0, "rung": 0}
    assert LogWatermark.objects.get().done == MessageLog.objects.latest("pk").pk
    WebhookEndpointFactory.create(store=store, events=["message.failed"])
    messages.publish_messages()
    assert told() == []


def test_of_other_stores_nothing_is_told(other_store: Store, account: ProviderAccount, hears: WebhookEndpoint) -> None:
    sent(other_store, account, NO, NO, NO)

    messages.publish_messages()

    assert told() == []


@pytest.fixture
def other_writer() -> Iterator[Any]:
    """A transaction of somebody else."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters, autocommit=True) as other:
        yield other


@pytest.mark.django_db(transaction=True)
def test_a_line_that_commits_after_a_newer_one_is_not_missed(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, other_writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "PATIENCE_SECONDS", 0.1)
    campaign = launched(store=store, people=2)
    early, late = people(campaign)
    other_writer.execute("BEGIN")
    other_writer.execute(
        "INSERT INTO messaging_messagelog (store_id, campaign_id, recipient_id, kind, outcome, attempt, at,"
        " raw_status, error_class, error_code, text) VALUES (%s, %s, %s, 'attempt', 'refused', 1, now(),"
        " '', 'other', '', '')",
        [store.pk, campaign.pk, early.pk],
    )
    append([LogLine(store.pk, campaign.pk, late.pk, kind="attempt", outcome="refused", at=timezone.now(), attempt=1)])
    CampaignRecipient.objects.filter(campaign=campaign).update(status="failed", reason="other")

    assert messages.publish_messages()["deliveries"] == 0
    other_writer.execute("COMMIT")
    messages.publish_messages()

    assert told() == [("message.failed", ["failed", "failed"])]


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_began_later_holds_nothing_up(
    store: Store, account: ProviderAccount, hears: WebhookEndpoint, other_writer: Any
) -> None:
    sent(store, account, NO, NO, NO)
    other_writer.execute("BEGIN")
    other_writer.execute("SELECT 1 FROM messaging_messagelog")

    assert messages.publish_messages()["deliveries"] == 1
    other_writer.execute("ROLLBACK")
