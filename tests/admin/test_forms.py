"""What staff may edit: settings, members, prices to come, provider accounts. Each form saves by its service."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audiences.models import Member, Store, User
from audiences.phones import phone_hash
from billing.models import CreditAccount, Price
from config.models import AuditEvent
from messaging.models import ProviderAccount
from tests.factories import ContactFactory, MemberFactory, ProviderAccountFactory, UserFactory

STORE = {
    "name": "Harbour Books",
    "slug": "harbour-books",
    "country": "GR",
    "currency": "EUR",
    "sender": "Harbour",
    "time_zone": "Europe/Athens",
    "custom_fields": '{"size": "text"}',
}
ACCOUNT = {
    "name": "Main",
    "provider": "mitto",
    "base_url": "https://provider.example.org",
    "options": "{}",
    "max_batch": 500,
    "parts_per_second": 50,
    "on_ambiguous": "never",
    "unconfirmed_after_hours": 72,
    "new_credentials": '{"api_key": "secret-1", "traffic_account_id": "t", "webhook_secret": "w"}',
}


def add(ops: Client, model: str, **fields: Any) -> Any:
    return ops.post(reverse(f"admin:{model}_add"), fields, follow=True)


def change(ops: Client, model: str, row: Any, **fields: Any) -> Any:
    return ops.post(reverse(f"admin:{model}_change", args=[row.pk]), fields, follow=True)


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


# Stores and members -------------------------------------------------------------------------------------------------


def test_a_store_is_made_and_changed(ops: Client, boss: User) -> None:
    add(ops, "audiences_store", **STORE)
    store = Store.objects.get()

    shown = {**STORE, "opt_out_text": "ΔIAΓPAΦH: STOP"}
    change(ops, "audiences_store", store, **{**shown, "slug": "other", "cap_per_day": "2", "sender": "Books"})

    store.refresh_from_db()
    assert (store.slug, store.cap_per_day, store.sender, store.custom_fields) == (
        "harbour-books",
        2,
        "Books",
        {"size": "text"},
    )
    edit = AuditEvent.objects.get(action="store.edit")
    assert (edit.actor, edit.facts) == (f"staff:{boss.pk}", {"fields": ["cap_per_day", "sender"]})


def test_what_the_service_refuses_is_told_and_nothing_is_saved(ops: Client, store: Store) -> None:
    fields = {**STORE, "time_zone": "Mars/Olympus"}

    answer = change(ops, "audiences_store", store, **fields)

    store.refresh_from_db()
    assert store.time_zone == "Europe/Athens"
    assert told(answer) == ["An IANA name, like Europe/Athens."]


def test_members_are_set_and_the_last_owner_stays(ops: Client, store: Store) -> None:
    owner = MemberFactory.create(store=store, role="owner")
    user = UserFactory.create()

    add(ops, "audiences_member", user=user.pk, store=store.pk, role="manager")
    refused = change(ops, "audiences_member", owner, role="viewer")
    ops.post(reverse("admin:audiences_member_delete", args=[Member.objects.get(user=user).pk]), {"post": "yes"})

    owner.refresh_from_db()
    assert owner.role == "owner"
    assert told(refused) == ["A store keeps at least one owner."]
    assert list(Member.objects.filter(store=store)) == [owner]
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["member.set", "member.remove"]


def test_the_last_owner_is_not_deleted(ops: Client, store: Store) -> None:
    owner = MemberFactory.create(store=store, role="owner")

    answer = ops.post(reverse("admin:audiences_member_delete", args=[owner.pk]), {"post": "yes"}, follow=True)

    assert Member.objects.filter(pk=owner.pk).exists()
    assert told(answer) == ["A store keeps at least one owner."]


def test_only_a_superuser_makes_users(client: Client, ops: Client) -> None:
    secret = "a long enough sentence"
    data = {"email": "new@example.org", "usable_password": "true", "password1": secret, "password2": secret}

    ops.post(reverse("admin:audiences_user_add"), data)

    made = User.objects.get(email="new@example.org")
    assert made.check_password(secret)
    assert AuditEvent.objects.get(action="user.create").subject == f"user:{made.pk}"
    client.force_login(UserFactory.create(is_staff=True))
    assert client.post(reverse("admin:audiences_user_add"), data).status_code == 403


# Money --------------------------------------------------------------------------------------------------------------


def test_a_price_is_added_and_withdrawn_before_it_begins(ops: Client) -> None:
    add(ops, "billing_price", country="de", credits_per_part=3, valid_from_0="2090-01-01", valid_from_1="00:00:00")
    price = Price.objects.get()
    assert (price.country, price.credits_per_part) == ("DE", 3)

    ops.post(reverse("admin:billing_price_delete", args=[price.pk]), {"post": "yes"})

    assert not Price.objects.exists()
    actions = list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["price.set", "price.withdraw"]


@pytest.mark.parametrize(("country", "credits"), [("XX", 3), ("DE", 0)])
def test_a_price_that_means_nothing_is_refused(ops: Client, country: str, credits: int) -> None:
    when = {"valid_from_0": "2090-01-01", "valid_from_1": "00:00:00"}

    add(ops, "billing_price", country=country, credits_per_part=credits, **when)

    assert not Price.objects.exists()


def test_a_price_that_has_begun_stays(ops: Client) -> None:
    price = Price.objects.create(country="DE", credits_per_part=3)

    answer = ops.post(reverse("admin:billing_price_delete", args=[price.pk]), {"post": "yes"})

    assert (answer.status_code, Price.objects.count()) == (403, 1)


def test_a_store_without_an_account_gets_an_empty_one(ops: Client, store: Store) -> None:
    add(ops, "billing_creditaccount", store=store.pk)

    assert CreditAccount.objects.get(store=store).balance == 0


# Provider accounts --------------------------------------------------------------------------------------------------


def test_a_new_account_is_stopped_and_its_credentials_are_never_shown(ops: Client) -> None:
    add(ops, "messaging_provideraccount", **ACCOUNT)

    account = ProviderAccount.objects.get()
    page = ops.get(reverse("admin:messaging_provideraccount_change", args=[account.pk])).content.decode()
    assert (account.status, len(account.slug), account.credentials["api_key"]) == ("stopped", 32, "secret-1")
    assert "secret-1" not in page
    assert "secret-1" not in str(AuditEvent.objects.get(action="provider_account.create").facts)


def test_credentials_stay_when_none_are_given_and_change_when_they_are(ops: Client) -> None:
    account = ProviderAccountFactory.create()

    change(ops, "messaging_provideraccount", account, **{**ACCOUNT, "new_credentials": ""})
    account.refresh_from_db()
    assert (account.name, account.credentials["api_key"]) == ("Main", "test-key")

    change(ops, "messaging_provideraccount", account, **ACCOUNT)
    account.refresh_from_db()
    assert account.credentials["api_key"] == "secret-1"
    last = AuditEvent.objects.filter(action="provider_account.edit").latest("pk")
    assert last.facts == {"fields": ["credentials"]}


@pytest.mark.parametrize("given", ["not json", "[1]", '{"api_key": 5}'])
def test_credentials_that_are_no_texts_are_refused(ops: Client, given: str) -> None:
    answer = add(ops, "messaging_provideraccount", **{**ACCOUNT, "new_credentials": given})

    assert not ProviderAccount.objects.exists()
    assert b"A JSON object whose values are texts." in answer.content


def test_an_account_that_no_adapter_can_use_is_refused(ops: Client) -> None:
    answer = add(ops, "messaging_provideraccount", **{**ACCOUNT, "new_credentials": "{}"})

    assert not ProviderAccount.objects.exists()
    assert told(answer)[0].startswith("The adapter refuses these settings:")


# Searching and reading ----------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_phone_and_public_id_and_shown_masked(ops: Client, store: Store) -> None:
    contact = ContactFactory.create(store=store, phone="+306971234567", phone_hash=phone_hash("+306971234567"))
    ContactFactory.create(store=store)
    path = reverse("admin:audiences_contact_changelist")

    by_phone = ops.get(path, {"q": "+306971234567"})
    page = ops.get(reverse("admin:audiences_contact_change", args=[contact.pk])).content.decode()
    public = page.partition("con_")[2][:26]
    by_id = ops.get(path, {"q": f"con_{public}"})

    assert [row.pk for row in by_phone.context["cl"].result_list] == [contact.pk]
    assert [row.pk for row in by_id.context["cl"].result_list] == [contact.pk]
    assert "+3069•••567" in by_phone.content.decode()
    assert ">+306971234567<" not in by_phone.content.decode()
    assert list(ops.get(path, {"q": "nobody"}).context["cl"].result_list) == []
