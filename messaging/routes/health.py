"""How calls over an account go: after some that failed in a row sending moves away from it, and later drifts back.

Only what was explicitly not sent moves: an unsure recipient stays where he is, whatever the account's health.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config.audit import SYSTEM, Actor, record
from messaging.models import AccountHealth, ProviderAccount, RouteEvent
from messaging.sending.call import HandedOver
from providers.interface import Outcome, Refused, Unsure

log = logging.getLogger(__name__)

PROBE_SECONDS = 60
# Classes that say something about the provider, not about the person who was to be texted.
ITS_FAULT = ("route_down", "provider_error")


def fault_of(handed: HandedOver) -> str:
    """What was wrong with the provider in this hand-over, in words; empty when nothing was.

    Being slowed down (429) is no fault, and refused credentials are the breaker's.
    """
    if handed.slowed or handed.route_fault or not handed.outcomes:
        return ""
    bad = [why for one in handed.outcomes if (why := _its_fault(one))]
    if 2 * len(bad) <= len(handed.outcomes):
        return ""
    return handed.note or bad[0]


def _its_fault(outcome: Outcome) -> str:
    match outcome:
        case Unsure(reason=reason):
            return reason
        case Refused(error_class=error_class, code=code, retryable=True) if error_class in ITS_FAULT:
            return code
    return ""


def listen(account: ProviderAccount, *, fault: str, faults: int, probe: bool) -> None:
    """Note how a call went. `faults`: how many were known to have failed before it. No statement when all is well."""
    if fault:
        failed(account, reason=fault, probe=probe)
    elif probe:
        move_back(account, reason="a call went well")
    elif faults:
        AccountHealth.objects.filter(pk=account.pk, away_until=None).update(faults=0, changed_at=timezone.now())


def failed(account: ProviderAccount, *, reason: str, probe: bool = False) -> None:
    """One more call failed; from ROUTE_FAULTS in a row on, and for a probe at once, sending moves away.

    Calls that were on their way when it moved fail too: that is no new move.
    """
    with transaction.atomic():
        health = _locked(account)
        faults = health.faults + 1
        AccountHealth.objects.filter(pk=account.pk).update(
            faults=faults, reason=reason[:200], changed_at=timezone.now()
        )
        if probe or (health.away_until is None and faults >= settings.ROUTE_FAULTS):
            _leave(health, reason=f"{faults} calls failed: {reason}")


def move_away(account: ProviderAccount, *, reason: str, seconds: int = 0, actor: Actor = SYSTEM) -> bool:
    """Let other accounts go first for so many seconds, by default as after failed calls. False when it is away."""
    with transaction.atomic():
        health = _locked(account)
        if health.away_until is not None:
            return False
        _leave(health, reason=reason, seconds=seconds, actor=actor)
    return True


def move_back(account: ProviderAccount, *, reason: str, actor: Actor = SYSTEM) -> bool:
    """Use the account as before. False when it was not away."""
    with transaction.atomic():
        health = _locked(account)
        if health.away_until is None:
            return False
        AccountHealth.objects.filter(pk=account.pk).update(
            faults=0, away_until=None, probe_until=None, away_seconds=0, reason="", changed_at=timezone.now()
        )
        _event(account.pk, "back", reason=reason, actor=actor)
    return True


def take_probe(account: ProviderAccount) -> bool:
    """Win the right to try an account whose absence is over: one batch a minute does."""
    now = timezone.now()
    free = Q(probe_until=None) | Q(probe_until__lte=now)
    rows = AccountHealth.objects.filter(free, pk=account.pk, away_until__lte=now)
    return bool(rows.update(probe_until=now + timedelta(seconds=PROBE_SECONDS), changed_at=now))


def _locked(account: ProviderAccount) -> AccountHealth:
    AccountHealth.objects.bulk_create([AccountHealth(account_id=account.pk)], ignore_conflicts=True)
    return AccountHealth.objects.select_for_update(no_key=True).get(pk=account.pk)


def _leave(health: AccountHealth, *, reason: str, seconds: int = 0, actor: Actor = SYSTEM) -> None:
    """Away from now on: ROUTE_AWAY_SECONDS, then each time twice as long, while it does not come back between."""
    now = timezone.now()
    seconds = seconds or min(health.away_seconds * 2, settings.ROUTE_AWAY_MAX_SECONDS) or settings.ROUTE_AWAY_SECONDS
    AccountHealth.objects.filter(pk=health.pk).update(
        away_until=now + timedelta(seconds=seconds),
        probe_until=None,
        away_seconds=seconds,
        reason=reason[:200],
        changed_at=now,
    )
    _event(health.pk, "away", reason=reason, actor=actor)


def _event(account_id: int, move: str, *, reason: str, actor: Actor) -> None:
    RouteEvent.objects.create(account_id=account_id, move=move, reason=reason[:200], actor=actor.name)
    words = ("in use", "away")
    facts: dict[str, Any] = {"before": words[move == "back"], "after": words[move == "away"]}
    record(f"route.{move}", actor=actor, subject=f"provider_account:{account_id}", reason=reason[:200], **facts)
    log.warning("route_moved", extra={"account_id": account_id, "move": move, "reason": reason[:200]})
