"""Alerts reach people: once per opening, again until somebody takes them, whatever else is broken."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from config.models import Heartbeat
from messaging.checks import alerts_can_be_told
from messaging.hooks.sign import signed
from messaging.models import Alert, AlertNotice
from messaging.watchdog.alerts import watch
from messaging.watchdog.tell import AT_ONCE, tell
from tests.factories import SECRET
from tests.hooks.receiver import Receiver, Reply
from tests.messaging.house import QUEUES, without_sender

pytestmark = pytest.mark.usefixtures("working")
TOLD = {"told": 1, "failed": 0, "given_up": 0}
NOBODY = {"told": 0, "failed": 0, "given_up": 0}


@pytest.fixture(autouse=True)
def channels(settings: Settings, receiver: Receiver) -> None:
    """Both channels are configured."""
    settings.ALERT_WEBHOOK_URL = receiver.url("/alerts?team=ops")
    settings.ALERT_MAIL_TO = ["ops@example.org", "night@example.org"]
    settings.PUBLIC_URL = "https://sms.example.org"


@pytest.fixture
def only_webhook(settings: Settings) -> None:
    """Nobody is mailed."""
    settings.ALERT_MAIL_TO = []


def with_sender() -> None:
    Heartbeat.objects.filter(kind="worker").update(queues=",".join(QUEUES))


def pass_time(time: timedelta) -> None:
    """Let every notice be older by so much."""
    times = ("made_at", "next_try_at")
    AlertNotice.objects.update(**{name: F(name) - time for name in times})


# Once per opening ---------------------------------------------------------------------------------------------------


def test_an_alert_is_posted_and_mailed_once(receiver: Receiver) -> None:
    without_sender()
    watch()

    assert tell() == {"told": 2, "failed": 0, "given_up": 0}
    watch()
    assert tell() == NOBODY

    [call] = receiver.calls
    alert = Alert.objects.get()
    assert call.path == "/alerts?team=ops"
    assert call.body == {
        "text": "ALERT: no_worker queue:send: No worker of the queue send is alive.",
        "installation": "https://sms.example.org",
        "alerts": [
            {
                "id": alert.pk,
                "event": "opened",
                "name": "no_worker",
                "subject": "queue:send",
                "detail": "No worker of the queue send is alive.",
                "opened_at": alert.opened_at.isoformat(),
                "closed_at": None,
            }
        ],
    }
    [message] = mail.outbox
    assert message.subject == "[Heliograph] ALERT: no_worker queue:send"
    assert message.to == ["ops@example.org", "night@example.org"]
    assert "docs/operations.md" in message.body
    assert "https://sms.example.org/admin/" in message.body


def test_its_end_is_told_too(receiver: Receiver) -> None:
    without_sender()
    watch()
    tell()
    with_sender()
    watch()
    tell()

    assert [call.body["alerts"][0]["event"] for call in receiver.calls] == ["opened", "closed"]
    assert receiver.calls[1].body["alerts"][0]["closed_at"] is not None
    assert [message.subject for message in mail.outbox] == [
        "[Heliograph] ALERT: no_worker queue:send",
        "[Heliograph] Over: no_worker queue:send",
    ]


def test_what_comes_back_is_told_anew(receiver: Receiver, only_webhook: None) -> None:
    for _ in range(2):
        without_sender()
        watch()
        tell()
        with_sender()
        watch()
        tell()

    assert [call.body["alerts"][0]["event"] for call in receiver.calls] == ["opened", "closed"] * 2


def test_a_flood_is_one_message(receiver: Receiver) -> None:
    Heartbeat.objects.all().delete()
    watch()

    tell()

    assert len(receiver.calls[0].body["alerts"]) == 6
    assert [message.subject for message in mail.outbox] == ["[Heliograph] ALERT: no_worker queue:send and 5 more"]


def test_more_than_a_message_holds_is_told_by_the_next(receiver: Receiver, only_webhook: None) -> None:
    now = timezone.now()
    alerts = Alert.objects.bulk_create(
        Alert(name="campaign_stuck", subject=f"campaign:{n}", detail="", opened_at=now, seen_at=now)
        for n in range(AT_ONCE + 3)
    )
    AlertNotice.objects.bulk_create(AlertNotice(alert=alert, channel="webhook", event="opened") for alert in alerts)

    assert [tell()["told"] for _ in range(3)] == [50, 3, 0]


def test_it_is_signed_when_a_secret_is_set(receiver: Receiver, settings: Settings, only_webhook: None) -> None:
    without_sender()
    watch()
    settings.ALERT_WEBHOOK_SECRET = SECRET
    tell()

    [call] = receiver.calls
    stamp = int(call.headers["webhook-timestamp"])
    at = timezone.now().fromtimestamp(stamp, tz=timezone.get_default_timezone())
    expected = signed(webhook_id=call.id, at=at, body=call.raw, secrets=[SECRET])
    assert call.headers["webhook-signature"] == expected["webhook-signature"]
    assert json.loads(call.raw)["alerts"]


def test_without_a_channel_nothing_is_written_down(settings: Settings) -> None:
    settings.ALERT_WEBHOOK_URL, settings.ALERT_MAIL_TO = "", []
    without_sender()
    watch()

    assert (AlertNotice.objects.count(), tell()) == (0, NOBODY)


# Again, until somebody takes it -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_refused_is_posted_again_later(receiver: Receiver, only_webhook: None, status: int) -> None:
    receiver.answer = lambda _: Reply(status, headers={"Location": receiver.url("/elsewhere")})
    without_sender()
    watch()

    assert tell() == {"told": 0, "failed": 1, "given_up": 0}
    assert tell() == NOBODY  # not at once
    assert AlertNotice.objects.get().last_error == f"Answered {status}."

    receiver.answer = lambda _: Reply()
    pass_time(timedelta(seconds=61))
    assert tell() == TOLD
    assert [call.path for call in receiver.calls] == ["/alerts?team=ops"] * 2
    assert AlertNotice.objects.get().last_error == ""


def test_one_channel_that_is_away_does_not_keep_the_other(settings: Settings) -> None:
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:1/alerts"
    without_sender()
    watch()

    assert tell() == {"told": 1, "failed": 1, "given_up": 0}
    assert len(mail.outbox) == 1
    failed = AlertNotice.objects.get(channel="webhook")
    assert (failed.sent_at, failed.last_error) == (None, "No answer (ConnectionError).")


def test_a_mail_server_that_is_away_is_said_and_tried_again(settings: Settings, receiver: Receiver) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    without_sender()
    watch()

    assert tell() == {"told": 1, "failed": 1, "given_up": 0}
    assert AlertNotice.objects.get(channel="mail").last_error == "Not taken (ConnectionRefusedError)."


def test_it_is_given_up_after_a_day(settings: Settings, only_webhook: None) -> None:
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:1/alerts"
    without_sender()
    watch()
    tell()

    pass_time(timedelta(hours=23))
    assert tell()["given_up"] == 0
    pass_time(timedelta(hours=2))
    assert tell()["given_up"] == 1
    pass_time(timedelta(hours=1))
    assert tell() == NOBODY


def test_notices_of_a_channel_that_was_switched_off_do_not_stay(settings: Settings) -> None:
    without_sender()
    watch()
    settings.ALERT_WEBHOOK_URL, settings.ALERT_MAIL_TO = "", []

    pass_time(timedelta(hours=25))
    assert tell() == {"told": 0, "failed": 0, "given_up": 2}


def test_a_channel_that_stays_silent_is_an_alert_itself(settings: Settings) -> None:
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:1/alerts"
    without_sender()
    watch()
    tell()
    pass_time(timedelta(minutes=11))
    watch()

    assert Alert.objects.filter(name="alerts_untold", subject="channel:webhook", closed_at=None).exists()
    tell()
    assert "Alerts cannot be told to the webhook." in mail.outbox[-1].body


# Settings -----------------------------------------------------------------------------------------------------------


def test_settings_that_would_fail_when_needed_are_refused_at_start(settings: Settings) -> None:
    assert alerts_can_be_told() == []
    settings.ALERT_WEBHOOK_SECRET = SECRET
    assert alerts_can_be_told() == []

    settings.ALERT_WEBHOOK_URL = "ops.example.org/hook"
    settings.ALERT_WEBHOOK_SECRET = "not base64!"
    assert [error.id for error in alerts_can_be_told()] == ["messaging.E002", "messaging.E003"]
