"""The link that confirms a sign-up: GET asks, POST confirms, in time, and no later no is undone by it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audiences import confirm_links, opt_out_links
from audiences.models import ConsentEvent, Contact, OptInRequest, PageVisits, Store
from audiences.phones import Phone
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from audiences.services.joining import SignUp, sign_up
from config.audit import SYSTEM
from tests.factories import ContactFactory
from tests.races import at_once

A = Phone("+306941111111", "GR")
SAID = SignUp(A, {"first_name": "Ada", "birthday": None, "email": ""}, "en", {"page": "/join/corner-shop"})


@pytest.fixture
def path(shop: Store) -> str:
    """The link of somebody who signed up."""
    sign_up(SAID, store=shop)
    OptInRequest.objects.update(state="sent")
    return link()


def link() -> str:
    request = OptInRequest.objects.latest("pk")
    return "/j/" + confirm_links.address(request, store=request.store).rpartition("/")[2]


def consent() -> str:
    return Contact.objects.get().consent


def test_looking_confirms_nothing(visitor: Client, path: str) -> None:
    shown, head = visitor.get(path), visitor.head(path)

    assert (shown.status_code, head.status_code) == (200, 200)
    assert b"Yes, send me messages" in shown.content
    assert (consent(), OptInRequest.objects.get().state) == ("unknown", "sent")
    assert PageVisits.objects.get().page == "confirm"


def test_one_press_opts_in_with_the_evidence_of_both_steps(visitor: Client, path: str) -> None:
    answer = visitor.post(path)

    assert answer.status_code == 200
    assert b"You are signed up" in answer.content
    contact, request, event = Contact.objects.get(), OptInRequest.objects.get(), ConsentEvent.objects.get()
    assert (contact.consent, contact.first_name) == ("opted_in", "Ada")
    assert (request.state, request.values) == ("confirmed", {})
    assert (event.source, event.actor) == ("join", f"contact:{contact.pk}")
    assert event.evidence == {
        "asked": {"page": "/join/corner-shop", "at": request.created_at.isoformat()},
        "confirmed": {"key": "0", "network": "127.0.0.0/24"},
    }


def test_a_second_press_says_the_same_and_changes_nothing(visitor: Client, path: str) -> None:
    first, second, shown = visitor.post(path), visitor.post(path), visitor.get(path)

    assert first.content == second.content == shown.content
    assert ConsentEvent.objects.count() == 1


def test_it_leads_to_the_page_that_stops_the_messages(visitor: Client, path: str) -> None:
    contact = Contact.objects.get()

    page = visitor.post(path).content.decode()

    assert f"/u/{opt_out_links.token(store_id=contact.store_id, contact_id=contact.pk)}" in page


@pytest.mark.parametrize("how", ["late", "expired", "refused", "deleted"])
def test_what_is_too_late_confirms_nothing(visitor: Client, path: str, shop: Store, how: str) -> None:
    if how == "late":
        OptInRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "expired":
        OptInRequest.objects.update(state="expired")
    elif how == "refused":
        OptInRequest.objects.all().delete()
        sign_up(SAID, store=shop)
        OptInRequest.objects.update(state="refused")
        path = link()
    else:
        delete_contact(store=shop, contact_id=Contact.objects.get().pk, actor=SYSTEM)

    shown, sent = visitor.get(path), visitor.post(path)

    assert (shown.status_code, sent.status_code) == (410, 410)
    assert consent() == "unknown"
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_no_that_came_later_counts(visitor: Client, path: str, when: str) -> None:
    contact = Contact.objects.get()
    if when == "after":
        visitor.post(path)
    change_consent(store_id=contact.store_id, contact_id=contact.pk, consent="opted_out", source="stop", actor=SYSTEM)

    answer = visitor.post(path)

    assert consent() == "opted_out"
    assert b"You stopped these messages" in answer.content
    assert b"/u/" in answer.content


@pytest.mark.parametrize("text", ["x", "0" * 19, "z" * 19, "0" * 300])
def test_what_is_no_link_of_ours_is_not_found(visitor: Client, db: None, text: str) -> None:
    assert {visitor.get(f"/j/{text}").status_code, visitor.post(f"/j/{text}").status_code} == {404}


def test_an_opt_out_link_confirms_nothing_and_a_confirmation_stops_nothing(visitor: Client, path: str) -> None:
    contact = Contact.objects.get()
    own = opt_out_links.token(store_id=contact.store_id, contact_id=contact.pk)

    assert visitor.post(f"/j/{own}").status_code == 404
    assert visitor.post(path.replace("/j/", "/u/")).status_code == 404
    assert consent() == "unknown"


def test_another_stores_request_is_not_found(visitor: Client, path: str, other_store: Store) -> None:
    OptInRequest.objects.update(store=other_store)

    assert visitor.post(path).status_code == 404


def test_the_page_speaks_the_language_of_the_form(visitor: Client, shop: Store) -> None:
    sign_up(SAID._replace(language="el"), store=shop)

    assert "Ναι, να μου στέλνετε μηνύματα" in visitor.get(link()).content.decode()


def test_looking_takes_few_statements(visitor: Client, path: str, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        visitor.get(path)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_pressing_many_times_at_once_is_one_opt_in() -> None:
    contact = ContactFactory.create(consent="unknown")
    expires = timezone.now() + timedelta(hours=1)
    OptInRequest.objects.create(
        store=contact.store, contact=contact, phone_hash=b"1", state="sent", expires_at=expires, source="join"
    )
    path = link()

    answers = at_once(5, lambda _: Client().post(path).status_code)

    assert answers == [200] * 5
    assert ConsentEvent.objects.count() == 1
