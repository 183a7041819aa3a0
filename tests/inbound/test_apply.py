"""The drain: order, repetition, what breaks, who rings."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Contact, Store
from messaging.inbound import waiting
from messaging.inbound.apply import apply_next, drain
from messaging.inbound.queries import put_off, take_one
from messaging.models import InboundMessage, ProviderAccount
from messaging.sending.lost_calls import ring_if_work
from messaging.tidy import tidy
from tests.inbound.steps import consent, heard, texted
from tests.races import at_once

pytestmark = pytest.mark.django_db


def test_the_drain_says_what_came_of_the_texts(account: ProviderAccount, contact: Contact) -> None:
    texted(account, "STOP")
    texted(account, "hello", phone="+306971112244")

    assert drain() == {"opted_out": 1, "shown": 1, "answers": 1, "unanswered": 0}
    assert drain() == {"answers": 0, "unanswered": 0}


def test_texts_of_one_phone_are_acted_on_in_order(account: ProviderAccount, contact: Contact) -> None:
    for text in ("STOP", "START", "STOP", "START"):
        texted(account, text)

    drain()

    outcomes = InboundMessage.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["opted_out", "opted_in", "opted_out", "opted_in"]
    assert consent(contact) == "opted_in"


def test_an_earlier_text_of_the_phone_is_waited_for(account: ProviderAccount, contact: Contact) -> None:
    first = texted(account, "STOP")
    texted(account, "START")
    put_off(first.pk)

    assert apply_next() is None


def test_a_text_that_keeps_failing_does_not_hold_up_a_stop(account: ProviderAccount, contact: Contact) -> None:
    broken = texted(account, "hello")
    for _ in range(3):
        put_off(broken.pk)
    stop = texted(account, "STOP")

    assert apply_next() == "opted_out"
    stop.refresh_from_db()
    assert stop.applied_at


def test_what_is_repeated_after_a_start_does_not_act_again(account: ProviderAccount, contact: Contact) -> None:
    heard(account, "STOP", name="same")
    heard(account, "START")
    heard(account, "STOP", name="same")

    assert consent(contact) == "opted_in"
    assert InboundMessage.objects.count() == 2


def fail_at(word: str) -> Any:
    """Break the statement that has this word in it."""

    def broken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if word in sql:
            raise ValueError("a bug")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(broken)


def test_a_text_that_breaks_something_is_tried_again_later(account: ProviderAccount, contact: Contact) -> None:
    message = texted(account, "STOP")

    with fail_at('INSERT INTO "audiences_consentevent"'):
        assert apply_next() == "failed"

    message.refresh_from_db()
    assert (message.tries, message.applied_at, consent(contact)) == (1, None, "opted_in")
    assert message.next_try_at > message.received_at
    InboundMessage.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert apply_next() == "opted_out"


def test_a_text_that_breaks_something_stands_in_nobody_s_way(account: ProviderAccount, contact: Contact) -> None:
    texted(account, "hello", phone="+306971112244")
    with fail_at('UPDATE "messaging_inboundmessage"'):
        assert apply_next() == "failed"
    texted(account, "STOP")

    assert apply_next() == "opted_out"


def test_what_fails_is_tried_at_least_every_ten_minutes(account: ProviderAccount) -> None:
    message = texted(account, "hello")
    for _ in range(40):
        put_off(message.pk)

    message.refresh_from_db()
    assert timezone.now() < message.next_try_at < timezone.now() + timedelta(minutes=11)


def test_what_was_acted_on_is_not_put_off(account: ProviderAccount) -> None:
    message = heard(account, "hello")

    put_off(message.pk)

    message.refresh_from_db()
    assert message.tries == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_several_drains_act_once_on_each_text_and_in_order(account: ProviderAccount, contact: Contact) -> None:
    for text in ("STOP", "START") * 4:
        texted(account, text)
    for number in range(8):
        texted(account, "hello", phone=f"+3069711133{number:02d}")

    drained = at_once(4, lambda _: drain())
    drain()

    assert [one for one in drained if not isinstance(one, dict)] == []

    mine = InboundMessage.objects.filter(phone=contact.phone).order_by("pk").values_list("outcome", flat=True)
    assert list(mine) == ["opted_out", "opted_in"] * 4
    assert InboundMessage.objects.filter(outcome="shown").count() == 8
    assert consent(contact) == "opted_in"


# Rings, watching, tidying -------------------------------------------------------------------------------------------


def test_a_lost_ring_is_found(account: ProviderAccount, shop: Store) -> None:
    assert not waiting.inbound_waits()

    texted(account, "hello")

    assert waiting.inbound_waits()
    assert ring_if_work()["inbound"] >= 0
    drain()
    assert not waiting.inbound_waits()


def test_a_text_that_waits_too_long_is_told_of(account: ProviderAccount, settings: Settings) -> None:
    message = texted(account, "STOP")
    assert not waiting.late()

    old = timezone.now() - timedelta(seconds=settings.WATCH_LATE_SECONDS + 1)
    InboundMessage.objects.filter(pk=message.pk).update(received_at=old)

    assert waiting.late()


def test_calls_that_nobody_could_read_are_told_of_for_a_day_and_kept_for_a_month(account: ProviderAccount) -> None:
    row = InboundMessage.objects.create(
        account_id=account.pk, dedupe="x", meaning="unreadable", applied_at=timezone.now()
    )
    assert waiting.unreadable()

    InboundMessage.objects.filter(pk=row.pk).update(received_at=timezone.now() - timedelta(days=2))
    assert (waiting.unreadable(), tidy()["inbound"]) == (False, 0)

    InboundMessage.objects.filter(pk=row.pk).update(received_at=timezone.now() - timedelta(days=31))
    assert tidy()["inbound"] == 1


def test_take_locks_one_and_only_what_is_due(account: ProviderAccount) -> None:
    first, second = texted(account, "a", phone="+306971110001"), texted(account, "b", phone="+306971110002")
    InboundMessage.objects.filter(pk=first.pk).update(next_try_at=timezone.now() + timedelta(minutes=1))

    assert take_one() == second.pk
