"""Each drift is found by its name, from a number or a row that was falsified behind the services' back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from billing.drift import Drift
from billing.models import CreditReservation
from campaigns.drift import find_drift, repair
from campaigns.models import Campaign, CampaignProgress, CampaignSnapshot, ReasonCount, SendBatch
from config.audit import Actor
from config.models import AuditEvent
from messaging.drift import evidence
from messaging.models import MessageLog
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.campaigns.roads import handed_over, hold_of, recipients
from tests.factories import CampaignFactory
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db
NO = Refused("invalid_number", "7", retryable=False)
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def sound() -> None:
    """These tests break what the others prove: no proof afterwards."""


def falsify(sql: str, *values: str) -> None:
    """Write past triggers and checks, as a mistake in the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def drop(table: str, constraint: str) -> None:
    """Take a check away, to write what it forbids."""
    falsify(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def names(found: list[Drift]) -> set[str]:
    """The names of drifts."""
    return {drift.name for drift in found}


@pytest.mark.parametrize("outcomes", [None, [NO] * 3, [Accepted("m-1"), NO, Unsure("timeout")]])
def test_a_sound_campaign_has_no_drift(outcomes: list[Outcome] | None) -> None:
    handed_over(outcomes)
    launched(people=2)
    CampaignFactory.create()

    assert find_drift(hours=None) == []
    assert evidence(hours=None) == []


def test_a_counter_that_is_not_what_the_rows_say() -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).update(sent=F("sent") - 1, delivered=1)

    assert find_drift() == [
        Drift("progress.delivered", f"campaign:{campaign.pk}", expected=0, found=1),
        Drift("progress.sent", f"campaign:{campaign.pk}", expected=3, found=2),
    ]


def test_sums_that_are_not_what_the_rows_say() -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).update(parts_sent=5, credits_charged=1)

    assert find_drift() == [
        Drift("progress.parts_sent", f"campaign:{campaign.pk}", expected=3, found=5),
        Drift("progress.credits_charged", f"campaign:{campaign.pk}", expected=3, found=1),
    ]


def test_counters_that_are_missing() -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).delete()

    assert Drift("progress.audience", f"campaign:{campaign.pk}", expected=3, found=0) in find_drift()


def test_reasons_that_are_not_what_the_rows_say() -> None:
    campaign = handed_over([NO, NO, Accepted("m-1")])
    ReasonCount.objects.filter(campaign=campaign).update(count=5)
    ReasonCount.objects.create(campaign=campaign, status="skipped", reason="opted_out", count=1)

    assert find_drift() == [
        Drift("reasons.failed", f"campaign:{campaign.pk}:invalid_number", expected=2, found=5),
        Drift("reasons.skipped", f"campaign:{campaign.pk}:opted_out", expected=0, found=1),
    ]


def test_a_recipient_that_was_charged_without_an_entry() -> None:
    campaign = handed_over([Accepted("m-1"), NO, NO])
    drop("campaigns_campaignrecipient", "recipient_billed_when_accepted")
    recipients(campaign).filter(status="failed").update(charged=2)

    assert Drift("campaign.charged", f"campaign:{campaign.pk}", expected=5, found=1) in find_drift()


def test_an_entry_whose_recipient_was_not_charged() -> None:
    campaign = handed_over()
    recipients(campaign).filter(pk=recipients(campaign)[0].pk).update(charged=0)

    assert Drift("campaign.charged", f"campaign:{campaign.pk}", expected=2, found=3) in find_drift()


@pytest.mark.parametrize(("state", "number"), [("done", 3), ("cancelled", 3), ("dead", 3), ("ambiguous", 3)])
def test_somebody_waits_in_a_batch_that_is_over(state: str, number: int) -> None:
    campaign = launched(people=3)
    falsify("UPDATE campaigns_sendbatch SET state = %s", state)
    batch = SendBatch.objects.get(campaign=campaign)

    assert find_drift() == [Drift("batch.pending", f"batch:{batch.pk}", expected=0, found=number)]


def test_somebody_is_unknown_in_a_batch_that_is_done() -> None:
    campaign = handed_over([Accepted("m-1"), NO, Unsure("timeout")])
    falsify("UPDATE campaigns_sendbatch SET state = 'done'")
    batch = SendBatch.objects.get(campaign=campaign)

    assert find_drift() == [Drift("batch.unknown", f"batch:{batch.pk}", expected=0, found=1)]


def test_batches_of_nobody() -> None:
    campaign, other = launched(people=1), CampaignFactory.create()
    batch = SendBatch.objects.filter(campaign=campaign)
    batch.update(store_id=other.store_id, reservation_id=999_999)
    SendBatch.objects.create(
        store_id=other.store_id, campaign_id=888_888, reservation_id=hold_of(campaign).pk, size=1, parts=1
    )

    found = [drift for drift in find_drift() if drift.name.startswith("batch.")]

    assert found == [
        Drift("batch.reservation", f"campaign:{campaign.pk}", expected=0, found=1),
        Drift("batch.store", f"campaign:{campaign.pk}", expected=0, found=1),
        Drift("batch.campaign", "campaign:888888", expected=0, found=1),
    ]


def test_recipients_of_nobody() -> None:
    campaign, other = launched(people=3), launched(people=1)
    first, second, third = recipients(campaign)
    recipients(campaign).filter(pk=first.pk).update(batch_id=999_999)
    recipients(campaign).filter(pk=second.pk).update(contact_id=999_999)
    recipients(campaign).filter(pk=third.pk).update(store_id=other.store_id)

    found = [drift for drift in find_drift() if drift.name.startswith("recipient.")]

    assert {(drift.name, drift.found) for drift in found} == {
        ("recipient.batch", 1),
        ("recipient.contact", 2),  # the third one's contact is not of the store that he names
        ("recipient.store", 1),
    }
    assert {drift.subject for drift in found} == {f"campaign:{campaign.pk}"}


def test_recipients_of_a_campaign_that_does_not_exist_are_found_when_all_are_asked_for() -> None:
    campaign = launched(people=2)
    recipients(campaign).update(campaign_id=888_888)

    assert "recipient.campaign" not in names(find_drift())
    assert Drift("recipient.campaign", "campaign:888888", expected=0, found=2) in find_drift(hours=None)


def test_a_hold_that_is_less_than_open_recipients_need() -> None:
    campaign = launched(people=3)
    CreditReservation.objects.filter(pk=hold_of(campaign).pk).update(released=2)

    assert find_drift() == [Drift("hold.short", f"reservation:{hold_of(campaign).pk}", expected=3, found=1)]


def test_a_hold_that_was_closed_under_unknown_recipients() -> None:
    campaign = handed_over([Unsure("timeout")] * 3)
    rows = CreditReservation.objects.filter(pk=hold_of(campaign).pk)
    rows.update(state="closed", released=3, closed_at=timezone.now())

    assert find_drift() == [Drift("hold.short", f"reservation:{hold_of(campaign).pk}", expected=3, found=0)]


def test_a_hold_that_nothing_needs_any_more() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    settle(settlement(work, [NO] * 3))
    Campaign.objects.filter(pk=campaign.pk).update(status="failed", finished_at=timezone.now())

    assert find_drift() == []  # it may be on its way

    Campaign.objects.filter(pk=campaign.pk).update(finished_at=timezone.now() - timedelta(minutes=6))
    assert find_drift() == [Drift("hold.unneeded", f"reservation:{hold_of(campaign).pk}", expected=0, found=3)]


def test_a_hold_of_a_campaign_that_does_not_exist() -> None:
    campaign = launched(people=3)
    hold = hold_of(campaign)
    CreditReservation.objects.filter(pk=hold.pk).update(key="campaign:888888:1")

    assert find_drift() == [Drift("hold.campaign", f"reservation:{hold.pk}", expected=3, found=3)]


def test_a_campaign_that_nobody_finishes() -> None:
    campaign = launched(people=3)
    work = claimed()
    marked(work)
    settle(settlement(work))

    assert find_drift() == []  # it was just settled

    SendBatch.objects.update(settled_at=LONG_AGO)
    CampaignSnapshot.objects.update(done_at=LONG_AGO)
    assert find_drift() == [Drift("campaign.stuck", f"campaign:{campaign.pk}", expected=0, found=0)]


def test_a_recipient_that_was_sent_without_evidence() -> None:
    campaign = handed_over()
    MessageLog.objects.filter(recipient_id=recipients(campaign)[0].pk).update(outcome="unsure")
    MessageLog.objects.filter(recipient_id=recipients(campaign)[1].pk).update(kind="receipt", outcome="undelivered")

    assert evidence(hours=72) == [Drift("recipient.evidence", f"campaign:{campaign.pk}", expected=0, found=1)]


def test_what_ended_long_ago_is_looked_at_only_when_all_is_asked_for() -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).update(parts_sent=5)
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=LONG_AGO)

    assert find_drift() == []
    assert names(find_drift(hours=None)) == {"progress.parts_sent"}


def test_repair_counts_again_and_says_so() -> None:
    campaign = handed_over([Accepted("m-1"), NO, NO])
    CampaignProgress.objects.filter(pk=campaign.pk).update(failed=0, delivered=2, credits_charged=9)
    ReasonCount.objects.filter(campaign=campaign).update(count=7)
    version = CampaignProgress.objects.get(pk=campaign.pk).version

    assert [repair(drift, actor=Actor("command:doctor")) for drift in find_drift()] == [True, False, False, False]

    progress = CampaignProgress.objects.get(pk=campaign.pk)
    line = AuditEvent.objects.get(action="campaign.repair")
    assert find_drift() == []
    assert (progress.failed, progress.delivered, progress.credits_charged) == (2, 0, 1)
    assert progress.version == version + 1
    assert (line.actor, line.store_id) == ("command:doctor", campaign.store_id)
    assert line.facts["counters"] == {"delivered": [2, 0], "failed": [0, 2], "credits_charged": [9, 1]}
    assert line.facts["reasons"] == {"failed invalid_number": [7, 2]}


def test_repair_leaves_rows_and_holds_to_people() -> None:
    campaign = launched(people=3)
    CreditReservation.objects.filter(pk=hold_of(campaign).pk).update(released=2)
    [drift] = find_drift()

    assert not repair(drift)

    assert find_drift() == [drift]
    assert not AuditEvent.objects.filter(action="campaign.repair").exists()
