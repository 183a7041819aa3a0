"""`manage.py sweep`: one sweep, or all, here and now."""

import json

import pytest
from django.core.management import CommandError, call_command

from campaigns.models import Campaign
from config.beat import SCHEDULE
from config.models import SweepRun
from messaging.sending.settle import settle
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db


def drained() -> Campaign:
    """A campaign whose last worker died before it could finish it."""
    campaign = launched(people=2)
    work = claimed()
    marked(work)
    settle(settlement(work))
    return campaign


def test_one_sweep_does_its_work_and_is_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = drained()

    call_command("sweep", "finish_drained")

    assert capsys.readouterr().out.split() == ["finish_drained", "found", "1", "finished", "1"]
    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert SweepRun.objects.get().counts == {"found": 1, "finished": 1}


def test_all_of_them_run_in_the_order_of_the_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    drained()

    call_command("sweep", "--all", "--json")

    said = json.loads(capsys.readouterr().out)
    assert list(said) == [task.value.partition(".")[2] for task in SCHEDULE]
    assert said["finish_drained"] == {"found": 1, "finished": 1}
    assert SweepRun.objects.count() == len(SCHEDULE)


def test_a_sweep_that_fails_does_not_keep_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(limit: int) -> int:
        raise ValueError("broken row")

    monkeypatch.setattr("messaging.tasks.expire", broken)
    drained()

    with pytest.raises(SystemExit) as end:
        call_command("sweep", "--all", "--json")

    said = json.loads(capsys.readouterr().out)
    assert end.value.code == 1
    assert said["expire_leases"] == {"error": "ValueError: broken row"}
    assert said["finish_drained"] == {"found": 1, "finished": 1}


@pytest.mark.parametrize("arguments", [[], ["finish_drained", "--all"], ["nonsense"]])
def test_it_must_be_told_which(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("sweep", *arguments)

    assert not SweepRun.objects.exists()
