"""Sign-ups: how often a phone is asked, what expires, and what a form leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Contact, JoinPage, OptInRequest, Store, Suppression
from audiences.phones import Phone
from audiences.services.consent import keep_service_only
from audiences.services.contacts import delete_contact, update_contact
from audiences.services.joining import SignUp, sign_up
from audiences.services.opt_in import confirm, expire, pending, refuse
from config.audit import SYSTEM
from tests.factories import ContactFactory, ContactListFactory, StoreFactory
from tests.races import at_once

A = Phone("+306941111111", "GR")
SAID = SignUp(A, {"first_name": "Ada"}, "en", {"page": "/join/shop"})
NOW = timezone.now()


def states() -> list[str]:
    return list(OptInRequest.objects.order_by("pk").values_list("state", flat=True))


def later(hours: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False)


def test_a_phone_is_asked_so_often_in_a_day_and_no_oftener(store: Store, settings: Settings) -> None:
    settings.JOIN_TEXTS_PER_DAY = 2

    said = [sign_up(SAID, store=store) for _ in range(4)]

    assert said == ["asked", "asked", "enough", "enough"]
    with later(25):
        assert sign_up(SAID, store=store) == "asked"


def test_many_stores_together_do_not_ask_oftener(store: Store, settings: Settings) -> None:
    settings.JOIN_TEXTS_PER_DAY = 3

    said = [sign_up(SAID, store=StoreFactory.create()) for _ in range(5)]

    assert said == ["asked"] * 3 + ["enough"] * 2


def test_what_was_never_sent_does_not_count(store: Store, settings: Settings) -> None:
    settings.JOIN_TEXTS_PER_DAY = 1
    sign_up(SAID, store=store)
    refuse(request_id=OptInRequest.objects.get().pk, reason="no_credits")

    assert sign_up(SAID, store=store) == "asked"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_forms_at_once_do_not_ask_oftener(settings: Settings) -> None:
    settings.JOIN_TEXTS_PER_DAY = 1
    store = StoreFactory.create()

    said = at_once(6, lambda _: sign_up(SAID, store=store))

    assert sorted(map(str, said)) == ["asked"] + ["enough"] * 5
    assert (OptInRequest.objects.count(), Contact.objects.count()) == (1, 1)


def test_no_marketing_is_a_no_that_takes_a_confirmation(store: Store) -> None:
    JoinPage.objects.create(store=store, is_open=True, double_opt_in=False)
    contact = ContactFactory.create(store=store, phone=A.e164)
    keep_service_only(store_id=store.pk, contact_id=contact.pk, source="link", actor=SYSTEM)

    assert sign_up(SAID, store=store) == "asked"
    assert Contact.objects.get().consent == "unknown"

    confirm(request_id=OptInRequest.objects.get().pk, store_id=store.pk, evidence={})
    assert Contact.objects.get().consent == "opted_in"
    assert not Suppression.objects.exists()


# the end of a request ----------------------------------------------------------------------------------------------


def test_what_nobody_confirms_expires_and_leaves_nobody(store: Store) -> None:
    sign_up(SAID, store=store)

    with later(47):
        assert expire(limit=10) == {"expired": 0, "forgotten": 0}
    with later(49):
        assert expire(limit=10) == {"expired": 1, "forgotten": 1}
        assert expire(limit=10) == {"expired": 0, "forgotten": 0}

    contact, request = Contact.objects.get(), OptInRequest.objects.get()
    assert (contact.phone, contact.phone_hash) == (None, None)
    assert (request.state, request.values) == ("expired", {})


@pytest.mark.parametrize("how", ["known before", "edited since", "on a list", "asked again", "opted in"])
def test_a_contact_who_is_more_than_a_form_stays(store: Store, how: str) -> None:
    if how == "known before":
        ContactFactory.create(store=store, phone=A.e164, consent="unknown")
    sign_up(SAID, store=store)
    contact = Contact.objects.get()
    if how == "edited since":
        update_contact(store=store, contact_id=contact.pk, values={"last_name": "Byron"}, actor=SYSTEM)
    elif how == "on a list":
        ContactListFactory.create(store=store, contacts=[contact])
    elif how == "opted in":
        Contact.objects.update(consent="opted_in")

    with later(47):
        if how == "asked again":
            sign_up(SAID, store=store)
    with later(49):
        expire(limit=10)

    assert Contact.objects.get().phone == A.e164
    assert states()[0] == "expired"


def test_the_last_of_several_requests_takes_the_contact_along(store: Store) -> None:
    sign_up(SAID, store=store)
    with later(10):
        sign_up(SAID, store=store)

    with later(49):
        assert expire(limit=10) == {"expired": 1, "forgotten": 0}
    with later(60):
        assert expire(limit=10) == {"expired": 1, "forgotten": 1}


def test_the_sweep_takes_so_many_and_no_more(store: Store) -> None:
    for n in range(3):
        sign_up(SAID._replace(phone=Phone(f"+30694222222{n}", "GR")), store=store)

    with later(49):
        assert [expire(limit=2)["expired"] for _ in range(3)] == [2, 1, 0]


def test_a_confirmed_request_neither_expires_nor_is_refused(store: Store) -> None:
    sign_up(SAID, store=store)
    request = OptInRequest.objects.get()
    assert confirm(request_id=request.pk, store_id=store.pk, evidence={}) == "confirmed"

    with later(100):
        assert expire(limit=10)["expired"] == 0
        assert confirm(request_id=request.pk, store_id=store.pk, evidence={}) == "confirmed"
    assert not refuse(request_id=request.pk, reason="no_credits")
    assert states() == ["confirmed"]


def test_deleting_the_contact_empties_what_the_form_said(store: Store) -> None:
    sign_up(SAID, store=store)

    delete_contact(store=store, contact_id=Contact.objects.get().pk, actor=SYSTEM)

    assert OptInRequest.objects.get().values == {}
    assert "Ada" not in str(list(OptInRequest.objects.values()))


def test_a_reply_finds_the_newest_request_of_its_store(store: Store, other_store: Store) -> None:
    for where in (store, other_store, store):
        sign_up(SAID, store=where)
    newest = OptInRequest.objects.filter(store=store).latest("pk")

    assert pending(store_id=store.pk, phone=A.e164) == newest
    assert pending(store_id=store.pk, phone="+306949999999") is None
    with later(49):
        assert pending(store_id=store.pk, phone=A.e164) is None


def test_another_store_confirms_nothing(store: Store, other_store: Store) -> None:
    sign_up(SAID, store=store)

    assert confirm(request_id=OptInRequest.objects.get().pk, store_id=other_store.pk, evidence={}) == "expired"
    assert states() == ["waiting"]
