"""The opt-out page: GET shows, POST acts, once and for years, and tells strangers nothing."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audiences.models import ConsentEvent, Contact, PageVisits, Store, Suppression
from audiences.opt_out_links import token
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from config.audit import SYSTEM
from config.models import AuditEvent
from tests.factories import ContactFactory
from tests.races import at_once


def consent() -> str:
    return Contact.objects.get().consent


def events() -> list[tuple[str, str, str]]:
    return list(ConsentEvent.objects.order_by("pk").values_list("before", "after", "source"))


def test_looking_changes_nothing(visitor: Client, own: str) -> None:
    shown, head = visitor.get(own), visitor.head(own)

    assert (shown.status_code, head.status_code) == (200, 200)
    assert b"Stop all messages" in shown.content
    assert head.content == b""
    assert (consent(), events(), Suppression.objects.count()) == ("opted_in", [], 0)
    assert not AuditEvent.objects.exists()


def test_one_press_stops_everything(visitor: Client, own: str) -> None:
    answer = visitor.post(own, {"act": "stop"}, headers={"User-Agent": "Phone/1.0 " + "x" * 200})

    assert answer.status_code == 200
    assert b"You get no more messages" in answer.content
    assert consent() == "opted_out"
    event, contact = ConsentEvent.objects.get(), Contact.objects.get()
    assert (event.source, event.actor) == ("link", f"contact:{contact.pk}")
    assert event.evidence == {
        "key": "0",
        "act": "stop",
        "network": "127.0.0.0/24",
        "agent": "Phone/1.0 " + "x" * 70,
    }
    assert Suppression.objects.get().reason == "opt_out"
    assert AuditEvent.objects.get().ip is None


@pytest.mark.parametrize("body", ["List-Unsubscribe=One-Click", "", "act=", "act=whatever"])
def test_a_mailer_s_one_click_and_an_empty_post_stop_too(visitor: Client, own: str, body: str) -> None:
    answer = visitor.post(own, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 200  # no redirect: RFC 8058
    assert consent() == "opted_out"


def test_a_second_press_changes_nothing(visitor: Client, own: str) -> None:
    first, second = visitor.post(own), visitor.post(own)

    assert first.content == second.content
    assert events() == [("opted_in", "opted_out", "link")]
    assert Suppression.objects.count() == 1


def test_a_mistake_is_taken_back(visitor: Client, own: str) -> None:
    visitor.post(own)

    answer = visitor.post(own, {"act": "back"})

    assert b"You get messages again" in answer.content
    assert events() == [("opted_in", "opted_out", "link"), ("opted_out", "opted_in", "link")]
    assert not Suppression.objects.exists()


def test_coming_back_lifts_no_suppression_but_the_own_words(visitor: Client, own: str, shop: Store) -> None:
    hashed = Contact.objects.get().phone_hash or b""
    Suppression.objects.create(store=shop, phone_hash=hashed, reason="staff", source="ops")
    visitor.post(own)

    visitor.post(own, {"act": "back"})

    assert [row.reason for row in Suppression.objects.all()] == ["staff"]


def test_service_messages_may_be_kept(visitor: Client, own: str) -> None:
    answer = visitor.post(own, {"act": "service"})

    assert b"no more advertising" in answer.content
    assert (consent(), events()) == ("unknown", [("opted_in", "unknown", "link")])
    assert Suppression.objects.get().reason == "no_marketing"

    visitor.post(own, {"act": "back"})
    assert (consent(), Suppression.objects.count()) == ("opted_in", 0)


def test_who_wants_none_does_not_get_service_messages_by_a_stale_page(visitor: Client, own: str) -> None:
    visitor.post(own)

    visitor.post(own, {"act": "service"})

    assert consent() == "opted_out"
    assert [row.reason for row in Suppression.objects.all()] == ["opt_out"]


@pytest.mark.parametrize(("said", "kept"), [("el", "el"), ("en", "en"), ("xx", ""), ("", "")])
def test_the_language_of_messages_is_chosen(visitor: Client, own: str, said: str, kept: str) -> None:
    answer = visitor.post(own, {"act": "language", "language": said})

    assert answer.status_code == 200
    assert Contact.objects.get().language == kept
    assert consent() == "opted_in"


def test_the_page_speaks_the_persons_language(visitor: Client, own: str) -> None:
    Contact.objects.update(language="el")

    assert "Διακοπή όλων των μηνυμάτων" in visitor.get(own).content.decode()
    assert "Stop all messages" in visitor.get(f"{own}?lang=en").content.decode()


@pytest.mark.parametrize(
    "path", ["/u/x", "/u/" + "0" * 19, "/u/" + "z" * 19, "/u/" + "0" * 400, "/u/%00" + "0" * 18, "/u/é"]
)
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_what_is_no_link_of_ours_is_not_found(visitor: Client, db: None, path: str, method: str) -> None:
    assert getattr(visitor, method)(path).status_code == 404


def test_no_answer_tells_made_up_from_unknown(visitor: Client, shop: Store, other_store: Store) -> None:
    contact = ContactFactory.create(store=shop)
    never = token(store_id=shop.pk, contact_id=contact.pk + 1000)
    elsewhere = token(store_id=other_store.pk, contact_id=contact.pk)

    answers = [visitor.get(f"/u/{text}") for text in (never, elsewhere, "0" * 19, "x")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_deleted_contact_has_nothing_left_to_stop(visitor: Client, own: str, shop: Store, method: str) -> None:
    delete_contact(store=shop, contact_id=Contact.objects.get().pk, actor=SYSTEM)

    answer = getattr(visitor, method)(own)

    assert answer.status_code == 410
    assert b"Your details were deleted" in answer.content
    assert events() == []


def test_a_suspended_store_is_left_all_the_same(visitor: Client, own: str, shop: Store) -> None:
    Store.objects.filter(pk=shop.pk).update(status="suspended")

    assert visitor.post(own).status_code == 200
    assert consent() == "opted_out"


def test_the_page_shows_no_number_and_no_name(visitor: Client, own: str) -> None:
    said = visitor.get(own).content.decode() + visitor.post(own).content.decode()

    assert "1111" not in said
    assert Contact.objects.get().first_name not in said


def test_visits_are_counted_raw_by_day(visitor: Client, own: str, shop: Store) -> None:
    visitor.get(own)
    visitor.get(own)
    visitor.head(own)
    visitor.post(own)

    row = PageVisits.objects.get()
    assert (row.store, row.page, row.visits, row.day) == (shop, "opt_out", 2, timezone.now().date())


def test_looking_takes_few_statements(visitor: Client, own: str, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):  # the contact, and the count within a savepoint
        visitor.get(own)


def test_the_state_shown_is_that_of_the_contact(visitor: Client, own: str) -> None:
    contact = Contact.objects.get()
    shown = []
    for wanted in ("unknown", "opted_out", "opted_in"):
        change_consent(store_id=contact.store_id, contact_id=contact.pk, consent=wanted, source="api", actor=SYSTEM)
        shown.append(visitor.get(own).content.decode())

    assert ["sends you no advertising" in page for page in shown] == [True, False, False]
    assert ["You get no more messages" in page for page in shown] == [False, True, False]
    assert ["offers and news to your phone" in page for page in shown] == [False, False, True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_pressing_many_times_at_once_is_one_opt_out() -> None:
    contact = ContactFactory.create()
    path = f"/u/{token(store_id=contact.store_id, contact_id=contact.pk)}"

    answers = at_once(5, lambda _: Client().post(path).status_code)

    assert answers == [200] * 5
    assert ConsentEvent.objects.count() == Suppression.objects.count() == 1
