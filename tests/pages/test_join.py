"""The join page: a form that proves nothing, tells nothing, and asks the phone's owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from audiences.models import ConsentEvent, Contact, JoinPage, OptInRequest, PageVisits, Store
from audiences.services.consent import change_consent, suppress
from audiences.services.contacts import delete_contact
from audiences.wording import wording_of
from config.audit import SYSTEM
from tests.factories import ContactFactory

PATH = "/join/corner-shop"
A = "+306941111111"
FILLED = {
    "phone": "694 111 1111",
    "first_name": "Ada",
    "email": "ada@example.org",
    "birthday": "1990-12-31",
    "agree": "on",
}
TODAY = timezone.now().date()


@pytest.fixture
def simple(shop: Store) -> Store:
    """The shop without the double opt-in."""
    JoinPage.objects.update(double_opt_in=False)
    return shop


def errors(page: str) -> list[str]:
    """The fields that the page marks."""
    return [name for name in ("phone", "first_name", "email", "birthday", "agree") if f'id="{name}-error"' in page]


def test_a_sign_up_leads_to_a_page_that_says_so(visitor: Client, shop: Store) -> None:
    answer = visitor.post(PATH, FILLED)

    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}?done=1&lang=en")
    assert b"Look at your phone" in visitor.get(answer["Location"]).content


def test_with_the_double_opt_in_the_contact_waits(visitor: Client, shop: Store) -> None:
    visitor.post(PATH, FILLED, headers={"User-Agent": "Phone/1.0"})

    contact, request = Contact.objects.get(), OptInRequest.objects.get()
    assert (contact.phone, contact.consent, contact.first_name) == (A, "unknown", "")
    assert (request.state, request.language, request.made_contact) == ("waiting", "en", True)
    assert request.values == {"first_name": "Ada", "email": "ada@example.org", "birthday": "1990-12-31"}
    assert request.evidence == {
        "page": PATH,
        "wording": wording_of(shop.join_page, language="en").text,
        "wording_version": wording_of(shop.join_page, language="en").version,
        "language": "en",
        "network": "127.0.0.0/24",
        "agent": "Phone/1.0",
    }
    assert not ConsentEvent.objects.exists()


def test_without_it_the_contact_has_opted_in_with_the_wording_as_evidence(visitor: Client, simple: Store) -> None:
    JoinPage.objects.update(wording="Yes, <b>texts</b> please")

    visitor.post(f"{PATH}?lang=el", FILLED)

    contact, event = Contact.objects.get(), ConsentEvent.objects.get()
    assert (contact.consent, contact.first_name, contact.email) == ("opted_in", "Ada", "ada@example.org")
    assert str(contact.birthday) == "1990-12-31"
    assert (event.before, event.after, event.source, event.actor) == ("unknown", "opted_in", "join", "visitor")
    assert (event.evidence["wording"], event.evidence["language"]) == ("Yes, <b>texts</b> please", "el")
    assert len(event.evidence["wording_version"]) == 16


def test_the_wording_is_shown_as_text(visitor: Client, shop: Store) -> None:
    JoinPage.objects.update(wording="Yes, <b>texts</b> please")

    assert "Yes, &lt;b&gt;texts&lt;/b&gt; please" in visitor.get(PATH).content.decode()


def people(shop: Store) -> None:
    """Somebody of every kind whom a stranger might ask about, one after the other."""
    kinds = {"opted_in": 1, "opted_out": 2, "unknown": 3}
    for consent, n in kinds.items():
        made = ContactFactory.create(store=shop, phone=f"+30694000000{n}", consent="unknown")
        change_consent(store_id=shop.pk, contact_id=made.pk, consent=consent, source="api", actor=SYSTEM)
    gone = ContactFactory.create(store=shop, phone="+306940000004", consent="unknown")
    change_consent(store_id=shop.pk, contact_id=gone.pk, consent="opted_out", source="api", actor=SYSTEM)
    delete_contact(store=shop, contact_id=gone.pk, actor=SYSTEM)
    suppress(store_id=None, phone="+306940000005", reason="staff", source="ops", actor=SYSTEM)


@pytest.mark.parametrize("double", [True, False])
def test_the_answer_is_the_same_whoever_it_is(visitor: Client, shop: Store, double: bool) -> None:
    JoinPage.objects.update(double_opt_in=double)
    people(shop)

    answers = [visitor.post(PATH, {**FILLED, "phone": f"694000000{n}"}) for n in range(1, 8)]

    assert {(answer.status_code, answer["Location"], answer.content) for answer in answers} == {
        (303, f"{PATH}?done=1&lang=en", b"")
    }
    assert {tuple(sorted(answer.headers)) for answer in answers} == {tuple(sorted(answers[0].headers))}


@pytest.mark.parametrize("double", [True, False])
def test_nobody_who_opted_out_comes_back_by_a_form(visitor: Client, shop: Store, double: bool) -> None:
    JoinPage.objects.update(double_opt_in=double)
    people(shop)

    for n in (2, 4):
        visitor.post(PATH, {**FILLED, "phone": f"694000000{n}"})

    assert Contact.objects.get(phone="+306940000002").consent == "opted_out"
    assert not Contact.objects.filter(phone="+306940000004").exists()
    assert not OptInRequest.objects.exists()


def test_a_form_overwrites_nothing_that_is_known(visitor: Client, simple: Store) -> None:
    contact = ContactFactory.create(store=simple, phone=A, consent="unknown", first_name="Augusta", email="")

    visitor.post(PATH, FILLED)

    contact.refresh_from_db()
    assert (contact.consent, contact.first_name, contact.email) == ("opted_in", "Augusta", "ada@example.org")


def test_who_has_opted_in_is_not_touched_at_all(visitor: Client, simple: Store) -> None:
    contact = ContactFactory.create(store=simple, phone=A, first_name="", email="")
    before = Contact.objects.values().get()

    visitor.post(PATH, FILLED)

    assert Contact.objects.values().get() == before
    assert contact.consent_events.count() == 0


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        ({"phone": ""}, ["phone"]),
        ({"phone": "12"}, ["phone"]),
        ({"phone": "Ada"}, ["phone"]),
        ({"phone": "2101234567"}, ["phone"]),
        ({"phone": "6" * 60}, ["phone"]),
        ({"email": "not an address"}, ["email"]),
        ({"birthday": "31.12.1990x"}, ["birthday"]),
        ({"birthday": (TODAY + timedelta(days=2)).isoformat()}, ["birthday"]),
        ({"birthday": "1800-01-01"}, ["birthday"]),
        ({"agree": ""}, ["agree"]),
        ({"first_name": "A" * 121}, ["first_name"]),
        ({"phone": "12", "agree": "", "email": "@"}, ["phone", "email", "agree"]),
    ],
)
@pytest.mark.parametrize("language", ["en", "el"])
def test_what_is_wrong_stands_at_its_field(
    visitor: Client, shop: Store, changes: dict[str, str], marked: list[str], language: str
) -> None:
    answer = visitor.post(f"{PATH}?lang={language}", {**FILLED, **changes})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert errors(page) == marked
    assert page.count('aria-invalid="true"') == len(marked)
    assert page.count(" autofocus") <= 1
    assert "Ada" in page or "first_name" in changes  # nobody types twice
    assert not Contact.objects.exists()


def test_refusals_of_a_number_are_told_in_greek(visitor: Client, shop: Store) -> None:
    page = visitor.post(f"{PATH}?lang=el", {**FILLED, "phone": "12"}).content.decode()

    assert "λιγότερα ψηφία" in page
    assert "too short" not in page


def test_a_machine_that_fills_the_trap_gets_nothing_done(visitor: Client, shop: Store) -> None:
    answer = visitor.post(PATH, {**FILLED, "website": "https://example.org"})

    assert answer.status_code == 303
    assert not Contact.objects.exists()


@pytest.mark.parametrize("how", ["unknown", "shut", "suspended", "none"])
def test_a_page_that_is_not_open_is_not_there(visitor: Client, shop: Store, how: str) -> None:
    if how == "shut":
        JoinPage.objects.update(is_open=False)
    elif how == "none":
        JoinPage.objects.all().delete()
    elif how == "suspended":
        Store.objects.update(status="suspended")
    path = "/join/nowhere" if how == "unknown" else PATH

    shown, sent = visitor.get(path), visitor.post(path, FILLED)

    assert (shown.status_code, sent.status_code) == (404, 404)
    assert shown.content == visitor.get("/join/elsewhere").content
    assert not Contact.objects.exists()


def test_fields_that_the_store_does_not_want_are_not_asked_and_not_taken(visitor: Client, simple: Store) -> None:
    JoinPage.objects.update(asks_email=False, asks_birthday=False)

    page = visitor.get(PATH).content.decode()
    visitor.post(PATH, FILLED)

    contact = Contact.objects.get()
    assert "birthday" not in page
    assert "email" not in page
    assert (contact.email, contact.birthday, contact.first_name) == ("", None, "Ada")


def test_a_number_is_read_as_from_the_stores_country(visitor: Client, simple: Store) -> None:
    Store.objects.update(country="DE")

    visitor.post(PATH, {**FILLED, "phone": "0151 23456789"})

    assert Contact.objects.get().phone == "+4915123456789"


@pytest.mark.parametrize("setting", ["JOIN_RATE_ADDRESS", "JOIN_RATE_STORE"])
def test_sign_ups_are_limited_per_address_and_per_store(
    visitor: Client, shop: Store, settings: Settings, uncounted: None, setting: str
) -> None:
    setattr(settings, setting, 2)

    answers = [visitor.post(PATH, {**FILLED, "phone": f"694000001{n}"}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert Contact.objects.count() == 2


def test_looks_are_counted_and_take_few_statements(
    visitor: Client, shop: Store, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4):
        visitor.get(PATH)
    visitor.head(PATH)

    assert PageVisits.objects.get().visits == 1
