"""Alerts are told to people: a webhook and mail, once per opening and once when it is over.

The notices are rows, written in the watchdog's transaction; who sends them holds no transaction and may be the sweep
or the process `stream`, which needs neither a worker nor Redis. A notice that was taken while its sender was killed may
be sent again: `webhook-id` stays the same.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from messaging.models import Alert, AlertNotice
from messaging.watchdog.channels import CHANNELS, configured

log = logging.getLogger(__name__)

AT_ONCE = 50  # notices in one message: a flood is one mail
# Waits after the first, second … attempt; longer than any attempt takes, so that nobody sends what another one has.
WAITS = (60, 60, 120, 300, 600)  # seconds
GIVE_UP = timedelta(days=1)
SILENT = timedelta(minutes=10)  # of failures, then the channel itself is an alert


class Sent(NamedTuple):
    """What became of some notices."""

    told: int = 0
    failed: int = 0


def note(alerts: Sequence[Alert], *, event: str) -> None:
    """Write down that these alerts opened or closed, for every channel that is configured; in the open transaction."""
    AlertNotice.objects.bulk_create(
        AlertNotice(alert=alert, channel=channel, event=event) for channel in configured() for alert in alerts
    )


def tell() -> dict[str, int]:
    """Send what is due over each channel: {told, failed, given_up}. Harmless when several do it at once."""
    results = [_over(channel) for channel in configured()]
    told, failed = sum(one.told for one in results), sum(one.failed for one in results)
    return {"told": told, "failed": failed, "given_up": _give_up()}


def silent_channels() -> list[str]:
    """Channels over which the oldest notice has been tried for SILENT. Index: alertnotice_waiting."""
    since = timezone.now() - SILENT
    waiting = AlertNotice.objects.filter(sent_at=None, given_up_at=None, tries__gt=0, made_at__lt=since)
    found = waiting.filter(channel__in=configured()).order_by("channel")
    return list(found.values_list("channel", flat=True).distinct())


def _over(channel: str) -> Sent:
    notices = _take(channel)
    if not notices:
        return Sent()
    error = CHANNELS[channel](notices)
    mine = AlertNotice.objects.filter(pk__in=[notice.pk for notice in notices])
    if error:
        mine.update(last_error=error[:200])
        log.warning("alert_not_told", extra={"channel": channel, "notices": len(notices), "error": error[:200]})
        return Sent(failed=len(notices))
    mine.update(sent_at=timezone.now(), last_error="")
    log.info("alert_told", extra={"channel": channel, "notices": len(notices)})
    return Sent(told=len(notices))


def _take(channel: str) -> list[AlertNotice]:
    """Notices that are due, for this sender alone until their next try. SKIP LOCKED; index: alertnotice_waiting."""
    now = timezone.now()
    with transaction.atomic():
        due = AlertNotice.objects.filter(channel=channel, sent_at=None, given_up_at=None, next_try_at__lte=now)
        due = due.select_for_update(skip_locked=True, of=("self",)).select_related("alert")
        notices = list(due.order_by("next_try_at", "pk")[:AT_ONCE])
        for notice in notices:
            wait = timedelta(seconds=WAITS[min(notice.tries, len(WAITS) - 1)])
            AlertNotice.objects.filter(pk=notice.pk).update(tries=F("tries") + 1, next_try_at=now + wait)
    return sorted(notices, key=lambda notice: notice.pk)


def _give_up() -> int:
    """Leave what nobody took for a day, also of channels that were switched off."""
    now = timezone.now()
    old = AlertNotice.objects.filter(sent_at=None, given_up_at=None, made_at__lt=now - GIVE_UP)
    return old.update(given_up_at=now)
