"""The claim: who is next, whose turn it is not, and who is left out at the last moment."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from audiences.models import Contact, Store, Suppression
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read
from campaigns.queries.claim import expire_leases, give_back, turns
from campaigns.services.moves import pause, resume
from config.audit import SYSTEM
from messaging.sending.claim import claim
from messaging.sending.sender import send_next
from tests.factories import StoreFactory
from tests.steps import batch_states, claimed, launched, marked, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]


def served(number: int) -> list[int]:
    """The campaigns of the next claims."""
    return [claimed().batch.campaign_id for _ in range(number)]


def test_nothing_is_due_when_there_is_nothing() -> None:
    assert claim("worker") is None


def test_a_claim_is_a_lease_with_a_new_fence() -> None:
    launched(people=2)

    work = claimed()

    batch = SendBatch.objects.get()
    assert (batch.state, batch.owner, batch.claims, batch.fence) == ("claimed", "worker", 1, 1)
    assert batch.lease_until
    assert timedelta(seconds=55) < batch.lease_until - timezone.now() <= timedelta(seconds=60)
    assert (work.batch.fence, work.batch.attempt, len(work.people)) == (1, 0, 2)
    assert claim("another") is None


def test_stores_take_turns_whatever_their_size() -> None:
    large, small = launched(people=65), launched(people=45)

    assert served(6) == [large.pk, small.pk] * 3


def test_many_small_stores_are_through_after_as_many_turns_as_they_have_batches() -> None:
    giant = launched(people=400, credits=1000)
    small = [launched(people=25) for _ in range(20)]

    taken = Counter(served(2 * 21))

    assert taken == {campaign.pk: 2 for campaign in (giant, *small)}
    assert set(served(5)) == {giant.pk}


def test_a_store_that_was_served_long_ago_comes_first() -> None:
    first, second = launched(people=45), launched(people=45)
    served(2)
    late = launched(people=2)

    assert served(3) == [first.pk, second.pk, late.pk]  # its lane is as old as its launch


def test_a_higher_priority_goes_first() -> None:
    low, urgent, normal = launched(priority=3), launched(priority=0), launched(priority=2)

    assert served(3) == [urgent.pk, normal.pk, low.pk]


def test_one_store_sends_its_older_campaign_first(store: Store) -> None:
    older, newer = launched(store=store), launched(store=store, people=0)

    assert served(2) == [older.pk, newer.pk]


def test_the_oldest_batch_of_a_campaign_goes_first() -> None:
    campaign = launched(people=45)

    assert claimed().batch.batch_id == SendBatch.objects.filter(campaign=campaign).order_by("pk")[0].pk


@pytest.mark.parametrize("columns", [{"status": "suspended"}, {"sending_stopped": True}])
def test_a_stopped_store_sends_nothing_and_keeps_nobody_waiting(columns: dict[str, object]) -> None:
    stopped, other = launched(), launched()
    Store.objects.filter(pk=stopped.store_id).update(**columns)

    assert served(1) == [other.pk]
    assert claim("worker") is None
    assert batch_states(stopped) == ["ready"]


def test_a_paused_campaign_sends_nothing_until_it_goes_on() -> None:
    campaign = launched()
    pause(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    assert claim("worker") is None

    resume(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    assert served(1) == [campaign.pk]


def test_one_switch_stops_all_sending(settings: Settings) -> None:
    campaign = launched()
    settings.QUEUE_DISABLED = True

    assert send_next()["batches"] == 0

    assert batch_states(campaign) == ["ready"]


def test_what_is_to_be_tried_later_waits_for_its_time() -> None:
    campaign = launched()
    SendBatch.objects.update(ready_at=timezone.now() + timedelta(seconds=30))
    assert claim("worker") is None
    assert turns(limit=9) == []

    SendBatch.objects.update(ready_at=timezone.now())

    assert served(1) == [campaign.pk]


def opted_out(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(consent="opted_out")


def no_longer_opted_in(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(consent="unknown")


def suppressed(contact: Contact) -> None:
    Suppression.objects.create(store=contact.store, phone_hash=contact.phone_hash or b"", reason="stop", source="test")


def suppressed_everywhere(contact: Contact) -> None:
    Suppression.objects.create(store=None, phone_hash=contact.phone_hash or b"", reason="staff", source="test")


def erased(contact: Contact) -> None:
    Contact.objects.filter(pk=contact.pk).update(phone=None, phone_hash=None, erased_at=timezone.now())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (opted_out, "opted_out"),
        (no_longer_opted_in, "opted_out"),
        (suppressed, "suppressed"),
        (suppressed_everywhere, "suppressed"),
        (erased, "suppressed"),
    ],
)
def test_who_may_no_longer_be_texted_is_skipped_with_the_reason(change: object, reason: str) -> None:
    campaign = launched(people=3)
    unlucky = Contact.objects.order_by("pk")[1]
    change(unlucky)  # type: ignore[operator]

    work = claimed()

    row = CampaignRecipient.objects.get(contact=unlucky)
    assert (row.status, row.reason) == ("skipped", reason)
    assert row.pk not in {person.recipient_id for person in work.people}
    assert len(work.people) == 2
    assert read(campaign.pk).skipped_by_reason == {reason: 1}


def test_a_service_message_needs_no_opt_in() -> None:
    launched(people=1, kind="service")
    no_longer_opted_in(Contact.objects.get())

    assert len(claimed().people) == 1


def test_who_lost_the_field_meanwhile_is_skipped_when_told_so() -> None:
    launched(people=2, message="{{first_name}}", on_missing="skip")
    Contact.objects.filter(pk=Contact.objects.order_by("pk")[0].pk).update(first_name="")

    assert len(claimed().people) == 1
    assert CampaignRecipient.objects.get(status="skipped").reason == "missing_field"


def test_a_batch_with_nobody_left_is_done() -> None:
    campaign = launched(people=2)
    Contact.objects.update(consent="opted_out")

    assert claimed().people == []

    assert (batch_states(campaign), statuses(campaign)) == (["done"], {"skipped": 2})


def test_the_text_is_of_this_moment_and_the_phone_of_the_launch() -> None:
    launched(people=1)
    phone = Contact.objects.get().phone
    Contact.objects.update(first_name="Zoe", phone="+306970099999")

    [person] = claimed().people

    assert (person.text, person.phone, person.parts) == ("Hello Zoe", phone, 1)


def test_a_recipient_without_a_contact_gets_the_defaults() -> None:
    launched(people=1)
    CampaignRecipient.objects.update(contact=None)

    assert claimed().people[0].text == "Hello there"


def test_a_lease_that_is_over_frees_the_batch_for_a_new_fence() -> None:
    launched(people=1)
    old = claimed()
    assert expire_leases(9) == 0
    SendBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert expire_leases(9) == 1

    assert claimed().batch.fence == old.batch.fence + 1


def test_a_marked_batch_is_never_freed_by_its_lease() -> None:
    launched(people=1)
    marked(claimed())
    SendBatch.objects.update(lease_until=timezone.now() - timedelta(hours=1))

    assert expire_leases(9) == 0
    assert SendBatch.objects.get().state == "calling"


def test_giving_back_costs_no_claim_and_needs_the_fence() -> None:
    launched(people=1)
    work = claimed()
    number, fence = work.batch.batch_id, work.batch.fence

    assert not give_back(batch_id=number, fence=fence - 1, seconds=0, error="")
    assert give_back(batch_id=number, fence=fence, seconds=30, error="no route")

    batch = SendBatch.objects.get()
    assert (batch.state, batch.claims, batch.error) == ("ready", 0, "no route")
    assert batch.ready_at > timezone.now() + timedelta(seconds=25)
    assert not give_back(batch_id=number, fence=fence, seconds=0, error="")


def test_another_stores_contacts_are_judged_by_their_own_store() -> None:
    campaign = launched(people=1)
    stranger = StoreFactory.create()
    contact = Contact.objects.get()
    Suppression.objects.create(store=stranger, phone_hash=contact.phone_hash or b"", reason="stop", source="test")

    assert len(claimed().people) == 1
    assert Campaign.objects.get(pk=campaign.pk).status == "sending"


def test_a_campaign_that_cannot_be_prepared_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = launched(people=1), launched(people=1)
    Contact.objects.filter(store=broken.store).update(consent="opted_out")
    monkeypatch.setattr("messaging.sending.claim.SKIPPED_AS", {})

    work = claim("worker")

    assert work
    assert work.batch.campaign_id == sound.pk
    waiting = SendBatch.objects.get(campaign=broken)
    assert (waiting.state, waiting.claims, waiting.ready_at > timezone.now()) == ("ready", 1, True)
    assert statuses(broken) == {"pending": 1}
    assert claim("worker") is None
