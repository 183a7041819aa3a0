"""A run: people become a scheduled campaign with an audience of just them. Within the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models.functions import Now

from audiences.services.frozen import freeze_ids
from campaigns import history
from campaigns.automations import fires
from campaigns.automations.days import DAY, Hour
from campaigns.automations.who import choose, fire_key
from campaigns.models import Automation, AutomationRun, Campaign
from campaigns.states import CAMPAIGN
from config.audit import SYSTEM
from config.opaque import public_id

NAME_MAX = 200


class Ran(NamedTuple):
    """What came of it: `made`, `nobody`, `missed`, or `again` when it had been done before; people in the campaign."""

    outcome: str
    people: int = 0


def run_day(automation: Automation, *, now: datetime) -> Ran:
    """The next day of a daily automation, which is due: everybody who is meant, once; then the day after is next.

    Later than its window, or than its day, nothing is sent and the run says so. The automation is locked.
    """
    day = automation.next_day
    if day is None or automation.send_hour is None:
        raise ValueError("a daily automation that is switched on has a day and an hour")
    clock = Hour(automation.send_hour, automation.zone)
    due, closes = clock.on(day), clock.closes(day, window=timedelta(hours=automation.window_hours))
    Automation.objects.filter(pk=automation.pk).update(next_day=day + DAY, next_run_at=clock.on(day + DAY))
    if AutomationRun.objects.filter(automation=automation, key=day.isoformat()).exists():
        return Ran("again")
    run = begin(automation, key=day.isoformat(), due_at=due, now=now)
    if now > closes:
        late = f"It was due at {due:%H:%M} UTC; nothing ran until {now:%Y-%m-%d %H:%M} UTC, which is too late."
        AutomationRun.objects.filter(pk=run.pk).update(outcome="missed", reason=late)
        return Ran("missed")
    return _send_day(automation, run, day=day, not_after=closes, now=now)


def _send_day(automation: Automation, run: AutomationRun, *, day: date, not_after: datetime, now: datetime) -> Ran:
    chosen = choose(automation, day=day, now=now)
    people = fires.put(chosen.ids, run=run, key=fire_key(automation, day=day), now=now)
    return finish(automation, run, people=people, left_out=chosen.left_out, not_after=not_after)


def begin(automation: Automation, *, key: str, due_at: datetime, now: datetime) -> AutomationRun:
    """The run with this key; the database refuses a second one."""
    return AutomationRun.objects.create(
        automation=automation, key=key, due_at=due_at, created_at=now, outcome="nobody", reason="Nobody was due."
    )


def finish(
    automation: Automation,
    run: AutomationRun,
    *,
    people: Sequence[int],
    left_out: dict[str, int],
    not_after: datetime,
) -> Ran:
    """The campaign to the contacts who were put into the run, when there are any; it must start by `not_after`."""
    rows = AutomationRun.objects.filter(pk=run.pk)
    if not people:
        rows.update(left_out=left_out, reason="Nobody who is meant may be texted." if left_out else run.reason)
        return Ran("nobody")
    campaign = _campaign(automation, run, people=people, not_after=not_after)
    rows.update(outcome="made", reason="", people=len(people), left_out=left_out, campaign=campaign)
    return Ran("made", len(people))


def _campaign(automation: Automation, run: AutomationRun, *, people: Sequence[int], not_after: datetime) -> Campaign:
    """draft → scheduled for now. Its audience is frozen: a run never reaches anybody but those who were meant."""
    frozen = freeze_ids(people, store_id=automation.store_id)
    campaign = Campaign.objects.create(
        store_id=automation.store_id,
        automation=automation,
        name=f"{automation.name} {run.key}"[:NAME_MAX],
        kind=automation.campaign_kind,
        message=automation.message,
        audience={"kind": "frozen", "id": frozen.pk, "exclude": []},
        on_missing=automation.on_missing,
        plain_values=automation.plain_values,
        priority=automation.priority,
        created_by=SYSTEM.name,
    )
    plan = {"frozen": frozen, "not_after": not_after, "max_credits": automation.max_credits}
    rows = Campaign.objects.filter(pk=campaign.pk)
    CAMPAIGN.move(rows, "schedule", send_at=run.created_at, next_try_at=Now(), **plan)
    of = public_id(automation.pk, kind="aut")
    history.append(campaign, "schedule", before="draft", after="scheduled", actor=SYSTEM, automation=of, run=run.key)
    return campaign
