"""`manage.py reconcile` and `replay_receipts`: mend what follows from other rows, and look at receipts again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, CampaignProgress
from config.models import AuditEvent, SweepRun
from messaging.models import Receipt
from messaging.receipts.apply import drain
from messaging.receipts.judge_again import CHUNK, first_since
from messaging.sending.settle import settle
from tests.factories import ProviderAccountFactory
from tests.steps import assert_sound, claimed, launched, marked, settlement, statuses

pytestmark = pytest.mark.django_db


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Exit code and JSON."""
    capsys.readouterr()
    status = 0
    try:
        call_command(*arguments, "--json")
    except CommandError as error:
        status = error.returncode
    return status, json.loads(capsys.readouterr().out)


def sent(people: int = 3) -> Campaign:
    """A campaign whose last worker died before it could finish it."""
    campaign = launched(people=people)
    work = claimed()
    marked(work)
    settle(settlement(work))
    return campaign


# reconcile ----------------------------------------------------------------------------------------------------------


def test_where_everything_agrees_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    launched(people=3)

    assert said(capsys, "reconcile") == (0, {"changed": False, "steps": {}, "before": [], "after": []})


def test_without_yes_it_only_tells(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = sent()
    CampaignProgress.objects.update(sent=1, pending=2)

    status, told = said(capsys, "reconcile")

    assert status == 1
    assert {drift["subject"] for drift in told["after"]} == {f"campaign:{campaign.pk}"}
    assert CampaignProgress.objects.get().sent == 1
    assert SweepRun.objects.count() == 0


def test_with_yes_it_mends_and_looks_again(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = sent()
    CampaignProgress.objects.update(sent=1, pending=2)

    status, told = said(capsys, "reconcile", "--yes")

    assert (status, told["after"]) == (0, [])
    assert told["steps"]["recount"] == {"written": 1}
    assert set(told["steps"]) >= {"expire_leases", "poll_silent", "finish_drained", "close_holds", "receipts"}
    assert CampaignProgress.objects.get().sent == 3
    assert AuditEvent.objects.get(action="campaign.repair").actor == "command:reconcile"
    assert campaign.status == "sending"


def test_it_finishes_what_nobody_finished(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = sent()

    status, told = said(capsys, "reconcile", "--campaign", str(campaign.pk), "--yes")

    assert (status, told["steps"]["finish"]) == (0, {"finished": 1})
    assert told["steps"]["ask"]["batches"] == 1
    assert Campaign.objects.get().status == "completed"
    assert AuditEvent.objects.get(action="campaign.refresh").actor == "command:reconcile"
    assert_sound()


def test_of_one_campaign_nothing_else_is_told_or_touched(capsys: pytest.CaptureFixture[str]) -> None:
    mine, other = sent(), sent()
    CampaignProgress.objects.filter(campaign=other).update(sent=1, pending=2)

    assert said(capsys, "reconcile", "--campaign", str(mine.pk), "--yes")[0] == 0

    assert CampaignProgress.objects.get(campaign=other).sent == 1


def test_the_provider_is_not_asked_twice_in_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = sent()
    call_command("reconcile", "--campaign", str(campaign.pk), "--yes")

    with pytest.raises(CommandError, match="RATE_LIMITED") as refused:
        call_command("reconcile", "--campaign", str(campaign.pk), "--yes")

    assert refused.value.returncode == 1


# replay_receipts ----------------------------------------------------------------------------------------------------


def unmatched(dedupe: str, *, account_id: int = 1, hours: float = 1, **columns: Any) -> Receipt:
    """A receipt that fits no message and was given up."""
    now = timezone.now()
    return Receipt.objects.create(
        account_id=account_id,
        dedupe=dedupe,
        status="delivered",
        outcome="unmatched",
        tries=20,
        received_at=now - timedelta(hours=hours),
        next_try_at=now + timedelta(hours=1),
        **{"applied_at": now, **columns},
    )


def test_what_fits_no_message_is_counted_first(capsys: pytest.CaptureFixture[str]) -> None:
    unmatched("a")
    unmatched("b", applied_at=None)
    Receipt.objects.create(account_id=1, dedupe="c", status="delivered", outcome="applied", applied_at=timezone.now())
    Receipt.objects.create(
        account_id=1, dedupe="d", status="unknown", outcome="unreadable", raw="{", applied_at="2026-01-01T00:00:00Z"
    )

    assert said(capsys, "replay_receipts") == (0, {"unmatched": 2, "unreadable": 1, "replayed": 0})
    assert Receipt.objects.filter(tries=20).count() == 2


def test_what_fits_by_now_is_applied(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work)
    row = unmatched("a", provider_message_id=f"id-{work.people[0].recipient_id}")
    settle(settlement(work))

    _, told = said(capsys, "replay_receipts", "--yes", "--reason", "The address was wrong")
    drain()

    assert told["replayed"] == 1
    assert statuses(campaign) == {"delivered": 1}
    row.refresh_from_db()
    assert row.outcome != "unmatched"
    event = AuditEvent.objects.get(action="receipts.replay")
    assert (event.actor, event.reason, event.facts) == (
        "command:replay_receipts",
        "The address was wrong",
        {"receipts": 1},
    )


def test_only_of_the_account_and_the_hours_that_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    account = ProviderAccountFactory.create(name="Mended")
    unmatched("old", account_id=account.pk, hours=30)
    unmatched("mine", account_id=account.pk, hours=2)
    unmatched("other", account_id=account.pk + 1, hours=2)

    assert said(capsys, "replay_receipts", "--hours", "24")[1]["unmatched"] == 2
    assert said(capsys, "replay_receipts", "--account", "Mended", "--hours", "24")[1]["unmatched"] == 1


def test_it_needs_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    unmatched("a")

    with pytest.raises(CommandError, match="REASON_REQUIRED"):
        call_command("replay_receipts", "--yes")
    assert Receipt.objects.get().tries == 20


def test_all_of_them_are_taken_some_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    now = timezone.now()
    Receipt.objects.bulk_create(
        Receipt(account_id=1, dedupe=str(n), status="sent", outcome="unmatched", tries=9, applied_at=now)
        for n in range(CHUNK + 5)
    )

    assert said(capsys, "replay_receipts", "--yes", "--reason", "x")[1]["replayed"] == 1005
    assert AuditEvent.objects.filter(action="receipts.replay").count() == 2
    assert Receipt.objects.filter(tries=0, applied_at=None).count() == 1005


def test_where_the_hours_begin_is_found_by_halves(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    now = timezone.now()
    Receipt.objects.bulk_create(
        Receipt(account_id=1, dedupe=str(n), status="sent", received_at=now - timedelta(minutes=1000 - n))
        for n in range(1000)
    )
    wanted = Receipt.objects.get(dedupe="700")

    with django_assert_max_num_queries(14):
        found = first_since(now - timedelta(minutes=300))

    assert found == wanted.pk
