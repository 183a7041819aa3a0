"""How alerts leave the house: a POST to the operator's own address, and mail. Each says in words what went wrong."""

import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from messaging.hooks.sign import signed
from messaging.models import AlertNotice

SECONDS = 10
RUNBOOK = "docs/operations.md"


def configured() -> list[str]:
    """The channels that settings name."""
    wanted = {"webhook": settings.ALERT_WEBHOOK_URL, "mail": settings.ALERT_MAIL_TO}
    return [channel for channel in CHANNELS if wanted[channel]]


def post(notices: Sequence[AlertNotice]) -> str:
    """Post them as one JSON object; what went wrong, or an empty text. No redirect is followed."""
    body = orjson.dumps(document(notices))
    headers = {"Content-Type": "application/json", "User-Agent": "Heliograph"}
    key = f"alerts-{notices[0].pk}-{notices[-1].pk}"
    secrets = [settings.ALERT_WEBHOOK_SECRET] if settings.ALERT_WEBHOOK_SECRET else []
    headers |= signed(webhook_id=key, at=timezone.now(), body=body, secrets=secrets)
    try:
        answer = requests.post(
            settings.ALERT_WEBHOOK_URL, data=body, headers=headers, timeout=SECONDS, allow_redirects=False, stream=True
        )
        answer.close()
    except (requests.RequestException, ValueError) as error:
        return f"No answer ({type(error).__name__})."
    return "" if 200 <= answer.status_code < 300 else f"Answered {answer.status_code}."


def mail(notices: Sequence[AlertNotice]) -> str:
    """Mail them as one message to all of ALERT_MAIL_TO; what went wrong, or an empty text."""
    lines = [line(notice) for notice in notices]
    body = "\n".join([*lines, "", f"What to do: {RUNBOOK}; the ops console: {settings.PUBLIC_URL}/admin/"])
    message = EmailMessage(subject(notices), body, to=settings.ALERT_MAIL_TO)
    try:
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return f"Not taken ({type(error).__name__})."
    return ""


CHANNELS: dict[str, Callable[[Sequence[AlertNotice]], str]] = {"webhook": post, "mail": mail}


def document(notices: Sequence[AlertNotice]) -> dict[str, Any]:
    """The body of the POST. `text` is what chat programs show."""
    return {
        "text": "\n".join(line(notice) for notice in notices),
        "installation": settings.PUBLIC_URL,
        "alerts": [
            {
                "id": notice.alert_id,
                "event": notice.event,
                "name": notice.alert.name,
                "subject": notice.alert.subject,
                "detail": notice.alert.detail,
                "opened_at": notice.alert.opened_at.isoformat(),
                "closed_at": _when(notice.alert.closed_at) if notice.event == "closed" else None,
            }
            for notice in notices
        ],
    }


def line(notice: AlertNotice) -> str:
    """One notice in words."""
    alert = notice.alert
    if notice.event == "closed":
        return f"Over: {alert}"
    return f"ALERT: {alert}: {alert.detail}"


def subject(notices: Sequence[AlertNotice]) -> str:
    """The subject of a mail: the first one, and how many more."""
    first = notices[0]
    word = "Over" if first.event == "closed" else "ALERT"
    more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
    return f"[Heliograph] {word}: {first.alert}{more}"


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
