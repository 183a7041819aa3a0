"""Those who wait for a welcome or an event's message become a run: at most one in a minute, whoever came in it."""

from collections import Counter
from datetime import datetime, timedelta

from campaigns.automations import fires
from campaigns.automations.runs import Ran, begin, finish
from campaigns.automations.who import judge
from campaigns.models import Automation, AutomationFire, AutomationRun

MINUTE = timedelta(minutes=1)
AT_ONCE = 10_000  # people in one run; the rest comes a minute later


def gather(automation: Automation, *, now: datetime) -> Ran:
    """Put everybody who is due into a run, each once, and leave out who came too late or may not be texted.

    The automation is locked. Index: automationfire_waiting.
    """
    minute = now.replace(second=0, microsecond=0)
    key = f"{minute:%Y-%m-%dT%H:%M}Z"
    if AutomationRun.objects.filter(automation=automation, key=key).exists():
        _look_again(automation, not_before=minute + MINUTE)
        return Ran("again")
    due = list(fires.waiting(automation).filter(due_at__lte=now)[:AT_ONCE])
    if not due:
        _look_again(automation, not_before=now)
        return Ran("again")
    run = begin(automation, key=key, due_at=due[0].due_at, now=now)
    taken, left_out = _judge(automation, due, now=now)
    AutomationFire.objects.filter(pk__in=taken.values()).update(run=run, fired_at=now)
    _look_again(automation, not_before=minute + MINUTE)
    not_after = now + timedelta(hours=automation.window_hours)
    return finish(automation, run, people=sorted(taken), left_out=left_out, not_after=not_after)


def _judge(
    automation: Automation, due: list[AutomationFire], *, now: datetime
) -> tuple[dict[int, int], dict[str, int]]:
    """contact -> fire to be put into a run; how many were left out, by reason. Who is there twice waits once more."""
    oldest = now - timedelta(hours=automation.window_hours)
    late = [fire.pk for fire in due if fire.due_at < oldest]
    first = {fire.contact_id: fire.pk for fire in reversed(due) if fire.due_at >= oldest}
    known = judge(automation, list(first), now=now)
    by_reason: dict[str, list[int]] = {"late": late} if late else {}
    taken = {}
    for contact_id, fire_id in first.items():
        reason = known.get(contact_id, "not_in_audience")
        if reason is None:
            taken[contact_id] = fire_id
        else:
            by_reason.setdefault(reason, []).append(fire_id)
    counts = Counter({reason: fires.leave_out(ids, reason=reason) for reason, ids in by_reason.items()})
    return taken, dict(counts)


def _look_again(automation: Automation, *, not_before: datetime) -> None:
    soonest = fires.soonest(automation)
    at = max(soonest, not_before) if soonest else None
    Automation.objects.filter(pk=automation.pk).update(next_run_at=at)
