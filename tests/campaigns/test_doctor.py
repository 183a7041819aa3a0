"""`manage.py doctor`: what it says, when it is content, and what it mends."""

import json

import pytest
from django.core.management import call_command

from billing.models import CreditAccount
from campaigns.models import CampaignProgress, SendBatch
from tests.campaigns.roads import handed_over
from tests.steps import launched, money

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound() -> None:
    """These tests break what the others prove: no proof afterwards."""


def doctor(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run the command: its exit code and what it printed."""
    code = 0
    try:
        call_command("doctor", *arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, capsys.readouterr().out


def test_the_command_is_content_with_sound_books(capsys: pytest.CaptureFixture[str]) -> None:
    handed_over()

    code, said = doctor("--all", capsys=capsys)

    assert (code, said) == (0, "Everything agrees: 23 checks, no drift.\n")


def test_the_command_names_drifts_of_money_and_of_counters(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).update(parts_sent=5)
    CreditAccount.objects.filter(store_id=campaign.store_id).update(held=7)

    code, said = doctor("--json", capsys=capsys)

    assert code == 1
    assert [(row["name"], row["expected"], row["found"]) for row in json.loads(said)["found"]] == [
        ("account.held", 0, 7),
        ("progress.parts_sent", 3, 5),
    ]


def test_the_command_mends_only_when_told_twice(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = handed_over()
    CampaignProgress.objects.filter(pk=campaign.pk).update(parts_sent=5)
    CreditAccount.objects.filter(store_id=campaign.store_id).update(held=7)

    assert doctor("--repair", capsys=capsys)[0] == 1
    assert money(campaign) == (997, 7)

    code, said = doctor("--repair", "--yes", "--json", capsys=capsys)
    assert (code, [row["repaired"] for row in json.loads(said)["found"]]) == (0, [True, True])
    assert money(campaign) == (997, 0)
    assert CampaignProgress.objects.get(pk=campaign.pk).parts_sent == 3


def test_the_command_stays_unhappy_about_what_it_cannot_mend(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = launched(people=3)
    SendBatch.objects.filter(campaign=campaign).update(reservation_id=999_999)

    code, said = doctor("--repair", "--yes", capsys=capsys)

    assert code == 1
    assert "batch.reservation" in said
    assert "1 drifts in 23 checks, 0 written again." in said
