"""Recipients whose outcome nobody knows: never sent again, given up at their account's deadline, decided by staff."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.models import CreditReservation, LedgerEntry
from billing.services import account_of
from campaigns.drift import find_drift
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read
from config.audit import Actor
from config.models import AuditEvent
from config.opaque import public_id, references
from messaging.drift import evidence
from messaging.models import MessageLog, ProviderAccount, Receipt
from messaging.receipts.apply import apply_some
from messaging.sending.claim import claim
from messaging.unknown import decide, give_up_overdue
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.campaigns.roads import dead, handed_over
from tests.factories import ProviderAccountFactory
from tests.steps import assert_holds_match, assert_sound, batch_states, money, statuses

pytestmark = pytest.mark.django_db
LOST = Unsure("timeout")
STAFF = Actor("staff:1")


def called(campaign: Campaign, *, hours_ago: float, account: ProviderAccount | None = None) -> None:
    """Let the campaign's batches have been handed over so long ago, over this account."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_sendbatch SET called_at = now() - make_interval(secs => %s), account_id = %s"
            " WHERE campaign_id = %s",
            [hours_ago * 3600, account.pk if account else None, campaign.pk],
        )


def receipt(campaign: Campaign, *, status: str = "delivered", at: int = 0) -> str:
    """Let a receipt arrive for the campaign's recipient number `at` and be applied; what it came to."""
    recipient = CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")[at]
    mark = references([recipient.pk], attempt=1)[0]
    row = Receipt.objects.create(
        account_id=1, dedupe=f"{mark}{status}", reference=mark, status=status, raw_status=status
    )
    apply_some(100)
    return Receipt.objects.get(pk=row.pk).outcome


def test_an_unsure_call_ends_the_campaign_but_not_its_hold() -> None:
    campaign = handed_over([Accepted("m-1"), LOST, LOST])

    progress = read(campaign.pk)
    assert (progress.status, progress.counts["unknown"]) == ("completed", 2)
    assert batch_states(campaign) == ["ambiguous"]
    assert money(campaign) == (999, 2)
    assert_holds_match(campaign)


def test_nobody_sends_them_again() -> None:
    campaign = handed_over([LOST, LOST])

    assert claim("worker") is None
    assert statuses(campaign) == {"unknown": 2}


@pytest.mark.parametrize(("hours_ago", "given_up"), [(71, 0), (73, 2)])
def test_after_72_hours_they_are_given_up(hours_ago: float, given_up: int) -> None:
    campaign = handed_over([Accepted("m-1"), LOST, LOST])
    called(campaign, hours_ago=hours_ago)

    assert give_up_overdue(limit=10)["recipients"] == given_up

    assert read(campaign.pk).counts["unconfirmed"] == given_up
    assert money(campaign) == (999, 2 - given_up)
    assert_holds_match(campaign)
    assert_sound()


@pytest.mark.parametrize(
    ("policy", "hours", "hours_ago", "given_up"),
    [
        ("hold_until_receipt", 5, 4, 0),
        ("hold_until_receipt", 5, 6, 1),
        ("hold_until_receipt", 200, 100, 0),
        ("never", 72, 0.9, 0),
        ("never", 72, 1.1, 1),
    ],
)
def test_the_deadline_is_the_accounts(policy: str, hours: int, hours_ago: float, given_up: int) -> None:
    account = ProviderAccountFactory.create(on_ambiguous=policy, unconfirmed_after_hours=hours)
    campaign = handed_over([LOST])
    called(campaign, hours_ago=hours_ago, account=account)

    assert give_up_overdue(limit=10)["recipients"] == given_up

    assert statuses(campaign) == ({"unconfirmed": 1} if given_up else {"unknown": 1})


def test_giving_up_is_bounded_and_goes_on() -> None:
    campaigns = [handed_over([LOST]) for _ in range(3)]
    for campaign in campaigns:
        called(campaign, hours_ago=80)

    assert [give_up_overdue(limit=2)["batches"] for _ in range(3)] == [2, 1, 0]


def test_the_drill_can_give_up_at_once() -> None:
    campaign = handed_over([LOST, LOST])

    assert give_up_overdue(limit=10, deadline_hours=0) == {"batches": 1, "recipients": 2}

    assert (batch_states(campaign), money(campaign)) == (["done"], (1000, 0))


def test_the_unknown_of_a_dead_letter_are_given_up_too() -> None:
    campaign = dead([LOST, Refused("provider_error", "busy", retryable=True)])
    called(campaign, hours_ago=80)

    assert give_up_overdue(limit=10)["recipients"] == 1

    assert statuses(campaign) == {"unconfirmed": 1, "failed": 1}
    assert_holds_match(campaign)


def test_a_receipt_before_the_deadline_settles_and_bills_from_the_hold() -> None:
    campaign = handed_over([LOST, LOST])

    assert receipt(campaign) == "settled"

    assert statuses(campaign) == {"delivered": 1, "unknown": 1}
    assert money(campaign) == (999, 1)
    assert_holds_match(campaign)
    assert_sound()


def test_any_word_proves_that_it_was_sent() -> None:
    campaign = handed_over([LOST])

    assert receipt(campaign, status="undelivered") == "settled"

    assert (statuses(campaign), money(campaign)) == ({"undelivered": 1}, (999, 0))
    assert batch_states(campaign) == ["done"]


def test_a_receipt_after_the_deadline_is_still_billed() -> None:
    campaign = handed_over([LOST, LOST])
    give_up_overdue(limit=10, deadline_hours=0)
    assert money(campaign) == (1000, 0)

    assert receipt(campaign) == "captured"

    recipient = CampaignRecipient.objects.filter(campaign=campaign, status="delivered").get()
    assert LedgerEntry.objects.get(key=f"late:{recipient.pk}").kind == "late"
    assert statuses(campaign) == {"delivered": 1, "unconfirmed": 1}
    assert (money(campaign), recipient.charged) == ((999, 0), 1)
    assert_sound()


def test_late_evidence_may_take_the_account_below_zero() -> None:
    campaign = handed_over([LOST], credits=1)
    give_up_overdue(limit=10, deadline_hours=0)
    handed_over([Accepted("m-1")], store=campaign.store, credits=0, people=0)

    assert receipt(campaign) == "captured"

    account = account_of(campaign.store_id)
    assert (account.balance, account.overdraft, account.available) == (-1, 1, -1)
    assert_sound()


def test_a_second_receipt_bills_nothing_more() -> None:
    campaign = handed_over([LOST])
    give_up_overdue(limit=10, deadline_hours=0)
    receipt(campaign, status="sent")

    assert receipt(campaign, status="delivered") == "applied"

    assert money(campaign) == (999, 0)
    assert_sound()


@pytest.mark.parametrize(("accepted", "status", "left"), [(True, "sent", (997, 0)), (False, "unconfirmed", (999, 0))])
def test_staff_decide_either_way(accepted: bool, status: str, left: tuple[int, int]) -> None:
    campaign = handed_over([Accepted("m-1"), LOST, LOST])

    assert decide(campaign_id=campaign.pk, accepted=accepted, actor=STAFF, reason="their export") == 2

    assert read(campaign.pk).counts["unknown"] == 0
    assert read(campaign.pk).counts[status] == 2 + accepted
    assert money(campaign) == left
    assert batch_states(campaign) == ["done"]
    assert CreditReservation.objects.get(key=f"campaign:{campaign.pk}:1").state == "closed"
    assert (find_drift(), evidence(hours=None)) == ([], [])


def test_a_decision_is_audited_and_is_evidence() -> None:
    campaign = handed_over([LOST])

    decide(campaign_id=campaign.pk, accepted=True, actor=STAFF, reason="their export")

    line = AuditEvent.objects.get(action="campaign.decide_unknown")
    logged = MessageLog.objects.get(campaign_id=campaign.pk, kind="decision")
    assert (line.actor, line.store_id, line.reason) == ("staff:1", campaign.store_id, "their export")
    assert line.facts == {"recipients": 1, "accepted": True, "before": "unknown", "after": "sent"}
    assert (logged.outcome, logged.recipient_id) == ("accepted", campaign.recipients.get().pk)


def test_a_receipt_corrects_a_decision_to_give_up() -> None:
    campaign = handed_over([LOST])
    decide(campaign_id=campaign.pk, accepted=False, actor=STAFF, reason="no word")

    assert receipt(campaign) == "captured"

    assert (statuses(campaign), money(campaign)) == ({"delivered": 1}, (999, 0))


def test_where_nobody_is_unknown_nothing_is_decided() -> None:
    campaign = handed_over([Accepted("m-1")])

    assert decide(campaign_id=campaign.pk, accepted=False, actor=STAFF, reason="x") == 0

    assert not AuditEvent.objects.filter(action="campaign.decide_unknown").exists()
    assert statuses(campaign) == {"sent": 1}


def command(capsys: pytest.CaptureFixture[str], campaign: Campaign, *arguments: str) -> dict[str, int]:
    """What `decide_unknown` answers."""
    name = public_id(campaign.pk, kind="cmp")
    call_command("decide_unknown", "--campaign", name, "--reason", "their export", "--json", *arguments)
    answer: dict[str, int] = json.loads(capsys.readouterr().out)
    return answer


def test_the_command_only_counts_until_told(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = handed_over([LOST, LOST])

    said = command(capsys, campaign, "--accepted")

    assert said == {"campaign": campaign.pk, "unknown": 2, "decided": 0}
    assert statuses(campaign) == {"unknown": 2}


def test_the_command_decides_all_of_them(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.unknown.DECIDE_MAX", 2)
    campaign = handed_over([LOST] * 5)

    said = command(capsys, campaign, "--unconfirmed", "--yes")

    assert said == {"campaign": campaign.pk, "unknown": 5, "decided": 5}
    assert statuses(campaign) == {"unconfirmed": 5}


BAD = [
    ["--campaign", "999999", "--accepted", "--reason", "x"],
    ["--campaign", "cmp_x", "--accepted", "--reason", "x"],
    ["--campaign", "1", "--reason", "x"],
    ["--campaign", "1", "--accepted", "--unconfirmed", "--reason", "x"],
]


@pytest.mark.parametrize("arguments", BAD)
def test_the_command_refuses_what_it_cannot_mean(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("decide_unknown", *arguments, "--yes")

    assert not AuditEvent.objects.exists()
    assert not SendBatch.objects.exists()


@pytest.mark.parametrize("outcomes", [[LOST], [LOST, Accepted("m-1")], [LOST, Refused("unreachable", "x", False)]])
def test_however_it_goes_nothing_drifts(outcomes: list[Outcome]) -> None:
    campaign = handed_over(outcomes)
    give_up_overdue(limit=10, deadline_hours=0)
    receipt(campaign)

    assert_sound()
    assert (find_drift(), evidence(hours=None)) == ([], [])
