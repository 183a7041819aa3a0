"""A contact's consent history and timeline: everything, in one order, page by page."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import ConsentEvent, Contact, Store
from audiences.phones import Phone
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from audiences.services.joining import SignUp, sign_up
from config.audit import SYSTEM, Actor
from config.opaque import public_id
from messaging.models import Click, ProviderAccount
from providers.interface import Accepted
from tests.api.clients import V1, code
from tests.campaigns.roads import handed_over, recipients
from tests.factories import ContactFactory, ProviderAccountFactory
from tests.messaging.words import applied, receipt


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here, known as the one of `marked`."""
    return ProviderAccountFactory.create(pk=1)


def address(contact: Contact, what: str = "timeline") -> str:
    return f"{V1}/contacts/{public_id(contact.pk, kind='con')}/{what}"


def walked(api: APIClient, path: str, limit: int) -> list[dict[str, Any]]:
    """All entries, page by page."""
    found, following = [], f"{path}?limit={limit}"
    while following:
        page = api.get(following).json()
        found += page["results"]
        following = page["next"]
    return found


def codes(found: list[dict[str, Any]]) -> list[str]:
    return [entry["code"] for entry in found]


def opt(contact: Contact, consent: str, source: str = "link") -> None:
    change_consent(
        store_id=contact.store_id,
        contact_id=contact.pk,
        consent=consent,
        source=source,
        evidence={"key": "0"},
        actor=Actor(f"contact:{contact.pk}"),
    )


# consent --------------------------------------------------------------------------------------------------------------


def test_the_history_shows_each_change_with_source_and_evidence(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)
    ContactFactory.create(store=store)
    opt(contact, "opted_out")
    opt(contact, "opted_in", "join")

    [newest, oldest] = api.get(address(contact, "consent")).json()["results"]

    assert (oldest["before"], oldest["after"], oldest["source"]) == ("opted_in", "opted_out", "link")
    assert (newest["before"], newest["after"], newest["source"]) == ("opted_out", "opted_in", "join")
    assert newest["evidence"] == {"key": "0"}
    assert newest["actor"] == f"contact:{public_id(contact.pk, kind='con')}"


def test_the_history_is_walked_page_by_page(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)
    for consent in ("opted_out", "opted_in", "opted_out", "opted_in", "opted_out"):
        opt(contact, consent)

    found = walked(api, address(contact, "consent"), limit=2)

    assert [entry["after"] for entry in found] == ["opted_out", "opted_in", "opted_out", "opted_in", "opted_out"]
    assert len({entry["id"] for entry in found}) == 5


@pytest.mark.parametrize("what", ["consent", "timeline"])
def test_a_strangers_or_a_deleted_contact_has_none(api: APIClient, store: Store, other_store: Store, what: str) -> None:
    gone = ContactFactory.create(store=store)
    delete_contact(store=store, contact_id=gone.pk, actor=SYSTEM)

    for contact in (ContactFactory.create(store=other_store), gone):
        assert code(api.get(address(contact, what))) == (404, "NOT_FOUND")


# timeline -------------------------------------------------------------------------------------------------------------


def test_a_timeline_tells_everything_newest_first(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Accepted("m-1")], store=store)
    [recipient] = recipients(campaign)
    applied(account, receipt(recipient))
    contact = Contact.objects.get(pk=recipient.contact_id or 0)
    opt(contact, "opted_out", "stop")

    found = api.get(address(contact)).json()["results"]

    assert set(codes(found)) == {
        "contact.created", "attempt.accepted", "receipt.delivered", "consent.opted_out", "suppressed",
    }  # fmt: skip
    assert codes(found)[-1] == "contact.created"
    moments = [entry["at"] for entry in found]
    assert moments == sorted(moments, reverse=True)
    [sent] = [entry for entry in found if entry["code"] == "attempt.accepted"]
    assert sent["words"] == "The provider accepted the message."
    assert sent["facts"]["campaign"] == public_id(campaign.pk, kind="cmp")
    assert sent["facts"]["campaign_name"] == campaign.name


def test_clicks_of_people_and_robots_are_told_apart(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Accepted("m-1")], store=store)
    [recipient] = recipients(campaign)
    ids = {"store_id": store.pk, "campaign_id": campaign.pk, "recipient_id": recipient.pk}
    for who, robot in ((recipient.contact_id, ""), (recipient.contact_id, "head"), (None, "")):
        Click.objects.create(**ids, contact_id=who, number=1, human=not robot, robot=robot)

    found = api.get(address(Contact.objects.get(pk=recipient.contact_id or 0))).json()["results"]

    assert sorted(code for code in codes(found) if code.startswith("click")) == ["click", "click.robot"]
    assert found[0]["facts"]["campaign"] == public_id(campaign.pk, kind="cmp")


def test_a_sign_up_shows_what_became_of_it(api: APIClient, store: Store) -> None:
    sign_up(SignUp(Phone("+306941111111", "GR"), {"first_name": "Ada"}, "en", {}), store=store)

    found = api.get(address(Contact.objects.get())).json()["results"]

    assert codes(found) == ["sign_up", "contact.created"]
    assert found[0]["facts"] == {"state": "waiting", "reason": "", "source": "join"}


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 200])
def test_pages_show_each_entry_once_also_of_one_moment(api: APIClient, store: Store, limit: int) -> None:
    contact = ContactFactory.create(store=store)
    for consent in ("opted_out", "opted_in", "opted_out", "opted_in"):
        opt(contact, consent)
    same = timezone.now() - timedelta(hours=1)
    ConsentEvent.objects.filter(after="opted_out").update(created_at=same)
    Contact.objects.update(created_at=same)
    whole = walked(api, address(contact), limit=200)

    found = walked(api, address(contact), limit=limit)

    assert found == whole
    assert len(found) == 5
    assert codes(found)[2:] == ["consent.opted_out", "consent.opted_out", "contact.created"]


@pytest.mark.parametrize("query", ["cursor=nonsense", "cursor=", "limit=0", "limit=many", "fields=nothing"])
def test_a_query_that_means_nothing_is_refused(api: APIClient, store: Store, query: str) -> None:
    contact = ContactFactory.create(store=store)

    assert code(api.get(f"{address(contact)}?{query}")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(("number", "entries"), [(0, 0), (7, 0), (2**64 - 1, 1)])
def test_a_cursor_of_another_list_is_a_moment_like_any(api: APIClient, store: Store, number: int, entries: int) -> None:
    contact = ContactFactory.create(store=store)
    Contact.objects.filter(pk=contact.pk).update(created_at="1990-01-01T00:00:00Z")

    answer = api.get(f"{address(contact)}?cursor={public_id(number, kind='cur')}")

    assert answer.status_code == 200
    assert len(answer.json()["results"]) in {0, entries}


def test_a_long_life_costs_no_more_statements(api: APIClient, store: Store) -> None:
    contact = ContactFactory.create(store=store)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            api.get(address(contact))
        return len(captured)

    before = statements()
    for consent in ("opted_out", "opted_in") * 10:
        opt(contact, consent)

    assert statements() <= before + 1
