"""Signing in and out, a forgotten password, the choice of a store, the language."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from audiences.models import Member, Store
from tests.factories import MemberFactory, StoreFactory, UserFactory, api_id

PASSWORD = "correct horse battery"


@pytest.fixture
def member(store: Store) -> Member:
    return MemberFactory.create(store=store, user__email="ana@example.org")


def sign_in(client: Client, password: str = PASSWORD, email: str = "ana@example.org", **extra: str) -> int:
    return client.post("/login", {"username": email, "password": password, **extra}).status_code


def test_a_member_comes_in_and_goes_out(client: Client, member: Member) -> None:
    assert client.get("/")["Location"] == "/login?next=/"
    assert sign_in(client, email="Ana@Example.org") == 302
    assert client.get("/").status_code == 200

    client.post("/logout")

    assert client.get("/").status_code == 302


def test_the_session_is_a_new_one(client: Client, member: Member) -> None:
    client.post("/language", {"language": "el"})
    session = client.session
    session["kept"] = True
    session.save()
    before = client.cookies["sessionid"].value

    sign_in(client)

    assert client.cookies["sessionid"].value != before


def test_goes_on_to_the_page_but_to_no_other_site(client: Client, member: Member) -> None:
    to_page = client.post("/login", {"username": member.user.email, "password": PASSWORD, "next": "/contacts"})
    client.post("/logout")
    to_stranger = client.post("/login", {"username": member.user.email, "password": PASSWORD, "next": "//evil.example"})

    assert (to_page["Location"], to_stranger["Location"]) == ("/contacts", "/")


def test_whoever_tries_too_often_waits(client: Client, member: Member) -> None:
    tries = [sign_in(client, "wrong") for _ in range(5)]

    answer = client.post("/login", {"username": member.user.email, "password": PASSWORD})

    assert tries == [200, 200, 200, 200, 429]
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"


def test_somebody_elses_tries_do_not_lock_me_out(client: Client, member: Member) -> None:
    for _ in range(6):
        client.post("/login", {"username": member.user.email, "password": "wrong"}, REMOTE_ADDR="203.0.113.9")

    assert sign_in(client) == 302


def test_a_link_sets_the_password_once(client: Client, member: Member, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://console.example"
    client.post("/password", {"email": "ANA@example.org"}, headers={"host": "evil.example"})
    link = re.findall(r"^\S+/password/\S+$", str(mail.outbox[0].body), re.MULTILINE)[0]
    path = "/password/" + link.split("/password/")[1]

    form = client.get(path, follow=True)
    new = {"new_password1": "three easy words here", "new_password2": "three easy words here"}
    done = client.post(form.request["PATH_INFO"], new)

    assert "evil.example" not in link
    assert done["Location"] == "/password/done"
    assert sign_in(client, "three easy words here") == 302
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


def test_an_invited_person_sets_the_first_password(client: Client, db: None) -> None:
    user = UserFactory.create(email="new@example.org")
    user.set_unusable_password()
    user.save(update_fields=["password"])

    client.post("/password", {"email": "new@example.org"})

    assert [message.to for message in mail.outbox] == [["new@example.org"]]


def test_nobody_learns_which_addresses_are_known(client: Client, member: Member) -> None:
    known = client.post("/password", {"email": "ana@example.org"})
    unknown = client.post("/password", {"email": "nobody@example.org"})

    assert (
        (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"]) == (302, "/password/sent")
    )
    assert len(mail.outbox) == 1


def test_mails_are_counted(uncounted: None, client: Client, member: Member) -> None:
    answers = [client.post("/password", {"email": "ana@example.org"}).status_code for _ in range(6)]

    assert answers == [302, 302, 302, 302, 302, 429]
    assert len(mail.outbox) == 5


def test_who_belongs_to_many_stores_chooses_one(client: Client, member: Member, other_store: Store) -> None:
    MemberFactory.create(store=other_store, user=member.user, role="viewer")
    client.force_login(member.user)
    assert client.get("/")["Location"] == "/stores"
    choices = client.get("/stores").content.decode()

    client.post("/stores/switch", {"store": api_id(other_store)})

    assert member.store.name in choices
    assert other_store.name in client.get("/").content.decode()
    assert client.get("/campaigns/new").status_code == 403


def test_a_strangers_store_cannot_be_chosen(client: Client, member: Member) -> None:
    client.force_login(member.user)

    answer = client.post("/stores/switch", {"store": api_id(StoreFactory.create())})

    assert answer.status_code == 404
    assert member.store.name in client.get("/").content.decode()


def test_who_belongs_to_no_store_is_told_so(client: Client, db: None) -> None:
    client.force_login(UserFactory.create())

    answer = client.get("/", follow=True)

    assert b"You belong to no store yet" in answer.content


def test_a_suspended_store_is_closed(client: Client, member: Member) -> None:
    Store.objects.filter(pk=member.store_id).update(status="suspended")
    client.force_login(member.user)

    assert client.get("/").status_code == 403


def test_the_language_is_a_choice(client: Client, member: Member) -> None:
    client.force_login(member.user)

    back = client.post("/language", {"language": "el", "next": "//evil.example"})

    assert back["Location"] == "/"
    assert '<html lang="el"' in client.get("/").content.decode()
    assert "Καμπάνιες" in client.get("/campaigns").content.decode()


def test_a_form_without_its_token_is_refused(member: Member) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(member.user)

    assert browser.post("/stores/switch", {"store": api_id(member.store)}).status_code == 403
