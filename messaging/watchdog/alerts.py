"""Findings become alerts: opened once, kept while they last, closed when they are over."""

import logging
from collections.abc import Iterable

from django.db import Error, transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.sql import alone
from messaging.models import Alert
from messaging.watchdog import tell
from messaging.watchdog.findings import LOOKS, Finding, House, house
from messaging.watchdog.troubles import Trouble

log = logging.getLogger(__name__)
LOCK = "messaging.watch"


def watch() -> dict[str, int]:
    """Look at everything, open and close alerts; {open, opened, closed}. Harmless when two run: one of them looks.

    Whatever is found is logged once, as an error, when it begins, and when it is over. Raises nothing but what the
    database raises.
    """
    seen = list(look(house()))
    with transaction.atomic():
        if not alone(LOCK):
            return {"open": 0, "opened": 0, "closed": 0}
        return _compare({(finding.name, finding.subject): finding for finding in seen})


def look(at: House) -> Iterable[Finding]:
    """Every finding. A look that fails is a finding itself and keeps no other from looking."""
    for one in LOOKS:
        try:
            with transaction.atomic():
                found = one(at)
        except Error as error:
            log.exception("watchdog_look_failed")
            found = [Finding(Trouble.WATCHDOG, f"look:{one.__name__}", f"It could not look: {type(error).__name__}.")]
        yield from found


def open_alerts() -> "QuerySet[Alert]":
    """What is wrong now, the oldest first. Index: alert_open_once."""
    return Alert.objects.filter(closed_at=None).order_by("opened_at", "pk")


def _compare(seen: dict[tuple[str, str], Finding]) -> dict[str, int]:
    now = timezone.now()
    known = {(alert.name, alert.subject): alert for alert in open_alerts()}
    new = [finding for key, finding in seen.items() if key not in known]
    over = [alert for key, alert in known.items() if key not in seen]
    fresh = Alert.objects.bulk_create(Alert(**finding._asdict(), opened_at=now, seen_at=now) for finding in new)
    Alert.objects.filter(pk__in=[alert.pk for key, alert in known.items() if key in seen]).update(seen_at=now)
    Alert.objects.filter(pk__in=[alert.pk for alert in over]).update(closed_at=now)
    tell.note(fresh, event="opened")
    tell.note(over, event="closed")
    for alert in fresh:
        log.error("alert_opened", extra={"alert": alert.name, "subject": alert.subject, "detail": alert.detail})
    for alert in over:
        lasted = round((now - alert.opened_at).total_seconds())
        log.info("alert_closed", extra={"alert": alert.name, "subject": alert.subject, "seconds": lasted})
    return {"open": len(seen), "opened": len(new), "closed": len(over)}
