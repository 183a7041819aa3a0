"""Every worker and Beat are killed while work waits: somebody hears of it, and again when it is over."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from config.models import Heartbeat
from messaging.models import Alert, AlertNotice, ProviderAccount
from tests.flows.stack import Stack, eventually, free_port
from tests.hooks.receiver import Receiver
from tests.steps import launched

pytestmark = [pytest.mark.flow, pytest.mark.timeout(300)]
WORKERS = ("send1", "work", "hooks", "beat")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


def told(receiver: Receiver, event: str) -> set[tuple[str, str]]:
    """(name, subject) of every alert that was told to have opened or closed."""
    alerts = [alert for call in receiver.calls for alert in call.body["alerts"]]
    return {(alert["name"], alert["subject"]) for alert in alerts if alert["event"] == event}


def still_open() -> list[str]:
    return list(
        Alert.objects.filter(closed_at=None, name__in=["no_worker", "no_beat"]).values_list("subject", flat=True)
    )


def untold() -> bool:
    return AlertNotice.objects.filter(sent_at=None).exists()


def test_work_that_waits_while_nobody_works_is_told_and_ends_when_they_are_back(
    stack: Stack, account: ProviderAccount, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {"ALERT_WEBHOOK_URL": receiver.url("/alerts"), "STREAM_PORT": str(free_port())}
    stack.start("stream", *WORKERS, **environment)
    eventually(lambda: Heartbeat.objects.count() == 5, seconds=90, what=lambda: list(Heartbeat.objects.values()))
    # What was missed while they started is over and told.
    eventually(lambda: not still_open() and not untold(), seconds=90, what=still_open)
    receiver.calls.clear()

    for name in WORKERS:
        stack.kill(name)
    killed_at = timezone.now()
    campaign = launched(people=40)
    missing = {("no_worker", "queue:send"), ("no_beat", "")}
    eventually(lambda: missing <= told(receiver, "opened"), seconds=120, what=lambda: receiver.calls)
    opened = Alert.objects.get(name="no_worker", subject="queue:send", closed_at=None).opened_at
    with capsys.disabled():
        print(f"\nnobody works: seen after {(opened - killed_at).total_seconds():.0f} s")

    stack.start(*WORKERS, **environment)
    eventually(lambda: missing <= told(receiver, "closed"), seconds=120, what=lambda: receiver.calls)
    done = Campaign.objects.filter(pk=campaign.pk, status="completed")
    eventually(done.exists, seconds=90, what=lambda: list(Campaign.objects.values()))
