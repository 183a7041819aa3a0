"""Automations, written and switched: each change is audited, none of them sends anything by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.models import Store
from campaigns.automations import rules
from campaigns.automations.sweep import next_time
from campaigns.content import tidy, validate
from campaigns.errors import NoMessageText
from campaigns.models import Automation, AutomationFire, Campaign
from campaigns.models.automation import DAILY
from campaigns.services.moves import cancel
from config.audit import Actor, record
from config.problems import Conflict, NotFound, Problem, invalid

AUTOMATIONS_MAX = 100
WRITABLE = {"name", "message", "audience", *rules.OF_ALL, *rules.NEUTRAL, "window_hours", "campaign_kind"}


class AutomationNameTaken(Conflict):
    """Another automation of this store has this name."""


class TooManyAutomations(Conflict):
    """The store has as many automations as it may have: delete what is not used any more."""


def automation_of(*, store_id: int, automation_id: int) -> Automation:
    """The store's automation with its store. Raises NotFound, also for a deleted one."""
    rows = Automation.objects.select_related("store").filter(pk=automation_id, store_id=store_id, deleted_at=None)
    if (found := rows.first()) is None:
        raise NotFound
    return found


def create(*, store: Store, kind: str, fields: Mapping[str, Any], actor: Actor) -> Automation:
    """A new automation, switched off. `fields`: of WRITABLE, the audience in its stored form.

    Raises InvalidFields, NoMessageText, AutomationNameTaken, TooManyAutomations.
    """
    columns = {**rules.defaults(kind), **_columns(fields, store=store)}
    rules.check(kind, columns)
    if Automation.objects.filter(store=store, deleted_at=None).count() >= AUTOMATIONS_MAX:
        raise TooManyAutomations
    try:
        with transaction.atomic():
            made = Automation.objects.create(store=store, kind=kind, created_by=actor.name, **columns)
            record("automation.create", actor=actor, subject=f"automation:{made.pk}", store_id=store.pk, kind=kind)
    except IntegrityError:
        raise AutomationNameTaken from None
    return made


def edit(*, store: Store, automation_id: int, fields: Mapping[str, Any], actor: Actor) -> Automation:
    """Change some of WRITABLE: runs from now on. The same values change nothing. Raises as `create`, NotFound."""
    columns = _columns(fields, store=store)
    now = timezone.now()
    try:
        with transaction.atomic():
            row = _locked(store_id=store.pk, automation_id=automation_id)
            changes = {name: value for name, value in columns.items() if getattr(row, name) != value}
            rules.check(row.kind, changes)
            for name, value in changes.items():
                setattr(row, name, value)
            if row.active and "send_hour" in changes:
                changes |= next_time(row, after=now)
            if changes:
                Automation.objects.filter(pk=row.pk).update(**changes, updated_at=now)
                _audit(row, "edit", actor=actor, fields=sorted({*changes} & WRITABLE))
    except IntegrityError:
        raise AutomationNameTaken from None
    return automation_of(store_id=store.pk, automation_id=automation_id)


def switch_on(*, store_id: int, automation_id: int, actor: Actor) -> Automation:
    """From now on it runs; nothing that was before counts. Switched on already: nothing changes. Raises NotFound."""
    now = timezone.now()
    with transaction.atomic():
        row = _locked(store_id=store_id, automation_id=automation_id)
        if not row.active:
            columns = next_time(row, after=now) if row.kind in DAILY else {}
            rows = Automation.objects.filter(pk=row.pk)
            rows.update(active=True, active_since=now, updated_at=now, **columns)
            _audit(row, "switch_on", actor=actor)
    return automation_of(store_id=store_id, automation_id=automation_id)


def switch_off(*, store_id: int, automation_id: int, actor: Actor, reason: str = "") -> Automation:
    """Nothing of it is sent that was not started: who waits is left out, runs that wait are cancelled.

    What is being sent goes on; it is a campaign, and can be paused as such. Raises NotFound.
    """
    with transaction.atomic():
        row = _locked(store_id=store_id, automation_id=automation_id)
        _off(row, now=timezone.now(), actor=actor, reason=reason)
    _cancel_waiting(row, actor=actor)
    return automation_of(store_id=store_id, automation_id=automation_id)


def delete(*, store_id: int, automation_id: int, actor: Actor) -> None:
    """Switch it off and forget it; what it sent stays. Raises NotFound."""
    now = timezone.now()
    with transaction.atomic():
        row = _locked(store_id=store_id, automation_id=automation_id)
        _off(row, now=now, actor=actor, reason="deleted")
        Automation.objects.filter(pk=row.pk).update(deleted_at=now)
        _audit(row, "delete", actor=actor)
    _cancel_waiting(row, actor=actor)


def _off(row: Automation, *, now: datetime, actor: Actor, reason: str) -> None:
    if not row.active:
        return
    rows = Automation.objects.filter(pk=row.pk)
    rows.update(active=False, next_run_at=None, next_day=None, updated_at=now)
    left = AutomationFire.objects.filter(automation=row, run=None, left_out="").update(left_out="switched_off")
    _audit(row, "switch_off", actor=actor, reason=reason, left_out=left, before="on", after="off")


def _cancel_waiting(row: Automation, *, actor: Actor) -> None:
    """Its campaigns that have not started; one that starts at this moment goes on."""
    waiting = Campaign.objects.filter(automation=row, status="scheduled").values_list("pk", flat=True)
    for campaign_id in list(waiting):
        try:
            cancel(store_id=row.store_id, campaign_id=campaign_id, actor=actor, reason="the automation is off")
        except Problem:
            continue


def _locked(*, store_id: int, automation_id: int) -> Automation:
    rows = Automation.objects.select_for_update(no_key=True, of=("self",)).select_related("store")
    if (row := rows.filter(pk=automation_id, store_id=store_id, deleted_at=None).first()) is None:
        raise NotFound
    return row


def _columns(fields: Mapping[str, Any], *, store: Store) -> dict[str, Any]:
    """The columns that may be written, the message as it would be sent."""
    columns = {name: value for name, value in fields.items() if name in WRITABLE}
    if "name" in columns:
        columns["name"] = columns["name"].strip()
        if not columns["name"]:
            raise invalid("/name", "It needs a name.", code="blank")
    if "message" in columns:
        if not columns["message"].strip():
            raise NoMessageText
        validate(columns["message"], custom_fields=store.custom_fields)
        columns["message"] = tidy(columns["message"])
    return columns


def _audit(row: Automation, what: str, *, actor: Actor, reason: str = "", **facts: Any) -> None:
    subject = f"automation:{row.pk}"
    record(f"automation.{what}", actor=actor, subject=subject, store_id=row.store_id, reason=reason, **facts)
