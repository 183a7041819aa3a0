"""The plans of segments: which index serves what, and that a walk stays in the order of its key."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences import audience
from audiences.models import Contact, Store
from audiences.phones import phone_hash
from audiences.segments.kind import of_rules
from audiences.segments.sight import sight_of
from campaigns.models import CampaignRecipient
from campaigns.queries.snapshot import by_key
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, StoreFactory

pytestmark = pytest.mark.django_db
Planner = Callable[..., str]


def _person(owner: Store, number: int) -> Contact:
    """Quickly made: no query may wait for long inside of a transaction."""
    phone = f"+30695{number:07d}"
    born = date(1990, 1 + number % 12, 1 + number % 28)
    return Contact(store=owner, phone=phone, phone_hash=phone_hash(phone), birthday=born, consent="opted_in")


@pytest.fixture
def planned(store: Store) -> Planner:
    """Plans a query of the store's people, who are some among many."""
    other = StoreFactory.create()
    rows = Contact.objects.bulk_create(_person(store if 700 <= n < 1300 else other, n) for n in range(2100))
    ContactListFactory.create(store=store, name="All", contacts=rows[700:1300:3])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL enable_seqscan = off")

    def plan(rules: dict[str, Any], **window: int) -> str:
        stored = of_rules(rules, sight=sight_of(store, at=timezone.now()))
        found = audience.people(store_id=store.pk, audience=stored, kind="marketing", **window)
        if not window:
            return str(found.order_by().values("pk").explain())
        with by_key():
            return str(found.filter(exclusion=None).order_by("pk")[:50].explain())

    return plan


def test_the_birthdays_of_a_few_days_are_found_by_their_index(planned: Planner) -> None:
    plan = planned({"rule": "birthday", "around_today": [0, 1]})

    assert "contact_birthday" in plan
    assert "Seq Scan" not in plan


def test_who_is_on_a_list_is_found_by_the_list_s_index(planned: Planner, store: Store) -> None:
    plan = planned({"rule": "list", "on": store.lists.get().pk})

    assert "membership_once" in plan or "audiences_listmembership_contact_id" in plan
    assert "Seq Scan" not in plan


def test_who_was_sent_a_campaign_is_found_by_an_index_of_the_recipients(planned: Planner, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, credits=0)
    contacts = Contact.objects.filter(store=store).order_by("pk")
    CampaignRecipient.objects.bulk_create(
        CampaignRecipient(
            store=store, campaign_id=campaign.pk + number % 9, contact=row, batch_id=1, phone=row.phone,
            status="sent", parts=1, credits=1,
        )
        for number, row in enumerate(contacts)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_campaignrecipient")

    plan = planned({"rule": "sent", "campaign": campaign.pk})

    assert "recipient_phone_once" in plan or "campaigns_campaignrecipient_contact_id" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("negated", [False, True])
def test_a_walk_is_in_the_order_of_the_key_without_a_sort(planned: Planner, store: Store, negated: bool) -> None:
    rules: dict[str, Any] = {
        "and": [
            {"rule": "gender", "is_set": False},
            {"rule": "birthday", "in_month": [1, 2, 3]},
            {"or": [{"rule": "list", "on": store.lists.get().pk}, {"rule": "first_name", "contains": "1"}]},
        ]
    }
    ids = list(Contact.objects.filter(store=store).order_by("pk").values_list("pk", flat=True))

    plan = planned({"not": rules} if negated else rules, after=ids[10], bound=ids[300])

    assert "Sort" not in plan
    assert "Seq Scan" not in plan
    assert "contact_store" in plan or "audiences_contact_pkey" in plan


def test_a_stretch_ends_at_the_store_s_own_contact(store: Store) -> None:
    stored = {"kind": "segment", "key": "women"}
    people = []
    for _ in range(5):
        people.append(ContactFactory.create(store=store))
        ContactFactory.create()

    def end(after: int, size: int, **one: Any) -> int | None:
        return audience.stretch(store_id=store.pk, audience={**stored, **one}, after=after, size=size)

    assert end(0, 2) == people[1].pk
    assert end(people[1].pk, 2) == people[3].pk
    assert end(people[3].pk, 2) is None
    assert end(0, 2, kind="all") is None
    assert end(0, 2, kind="all", exclude=[stored]) == people[1].pk
