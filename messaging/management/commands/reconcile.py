"""`manage.py reconcile`: bring rows in line with each other and with the providers, here and now."""

from argparse import ArgumentParser
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand
from django.utils import timezone

from billing import drift as books
from billing.drift import Drift
from campaigns import drift as campaigns
from campaigns.models import Campaign
from campaigns.services.finish import finish
from config.audit import Actor
from config.commands import Refused, asked, number_of, say
from config.progressbar import Bar
from config.queues import Task
from messaging import drift as evidence
from messaging.management.commands.doctor import repair
from messaging.management.commands.sweep import run
from messaging.receipts import apply
from messaging.watching.refresh import AskedJustNow, refresh

ACTOR = Actor("command:reconcile")
# In the order in which one helps the next; all of them are sweeps that run anyway.
STEPS = (
    Task.EXPIRE_LEASES,
    Task.EXPIRE_CALLS,
    Task.RESUME_SNAPSHOTS,
    Task.POLL_SILENT,
    Task.FINISH_DRAINED,
    Task.CLOSE_CANCELLED,
    Task.CLOSE_HOLDS,
)


class Result(NamedTuple):
    """What was done, step by step, and the drifts before and after."""

    steps: dict[str, dict[str, Any]]
    before: list[Drift]
    after: list[Drift]


class Command(BaseCommand):
    """Say what does not agree; with --yes mend it: expire what was left, ask providers, apply receipts, close, recount.

    Of the whole house, or with --campaign of one. Only what follows from other rows is written again, and audited;
    evidence is never touched. Harmless beside workers. Exit 0: everything agrees (in the end); 1: something does not,
    or the provider was asked a moment ago; 2: no such campaign.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, and whether to do it."""
        parser.add_argument("--campaign", metavar="ID", help="only this one: a number or cmp_…")
        parser.add_argument("--all", action="store_true", help="also campaigns that ended long ago")
        parser.add_argument("--yes", action="store_true", help="mend; without, nothing is changed")
        parser.add_argument("--json", action="store_true", help="print one JSON object, no progress")

    def handle(self, **options: Any) -> None:
        """Look, mend when told to, look again."""
        campaign = campaign_of(options["campaign"])
        hours = None if options["all"] or is_old(campaign) else campaigns.RECENT_HOURS
        before = drifts(campaign, hours=hours)
        steps = mend(campaign, before, quiet=options["json"]) if options["yes"] else {}
        result = Result(steps, before, drifts(campaign, hours=hours) if options["yes"] else before)
        facts = {
            "changed": options["yes"],
            "steps": result.steps,
            "before": [drift._asdict() for drift in result.before],
            "after": [drift._asdict() for drift in result.after],
        }
        say(self.stdout, facts, words(result, changed=options["yes"]), as_json=options["json"])
        if result.after:
            raise Refused("DRIFT", f"{len(result.after)} numbers do not agree.")


def campaign_of(text: str | None) -> Campaign | None:
    """The campaign that an operator names; None for the whole house. Raises BadInput."""
    if text is None:
        return None
    rows = Campaign.objects.select_related("store")
    return rows.get(pk=number_of(text, kind="cmp", exists=lambda pk: rows.filter(pk=pk).exists()))


def is_old(campaign: Campaign | None) -> bool:
    """Whether it ended too long ago for a look at the recent ones."""
    ended = campaign.finished_at if campaign else None
    return ended is not None and timezone.now() - ended > timedelta(hours=campaigns.RECENT_HOURS)


def drifts(campaign: Campaign | None, *, hours: int | None) -> list[Drift]:
    """What does not agree."""
    found = [*campaigns.find_drift(hours=hours), *evidence.find_drift(hours=hours)]
    if campaign is not None:
        return [drift for drift in found if drift.subject.partition(" ")[0] == f"campaign:{campaign.pk}"]
    return [*books.find_drift(), *found]


def mend(campaign: Campaign | None, found: list[Drift], *, quiet: bool) -> dict[str, dict[str, Any]]:
    """Every step in turn; what each did. Raises CommandError when the provider was asked a moment ago."""
    if campaign is not None:
        try:
            asked_for = refresh(store=campaign.store, campaign_id=campaign.pk, actor=ACTOR)
        except AskedJustNow as problem:
            raise asked(problem) from problem
        done: dict[str, dict[str, Any]] = {"ask": asked_for._asdict(), "receipts": apply.drain()}
        done["finish"] = {"finished": int(finish(campaign.pk))}
    else:
        done = in_turn(quiet=quiet)
    done["recount"] = {"written": sum(repair(drift, actor=ACTOR) for drift in found)}
    return done


def in_turn(*, quiet: bool) -> dict[str, dict[str, Any]]:
    """The sweeps, then the receipts that came of them."""
    done: dict[str, dict[str, Any]] = {}
    with nullcontext() if quiet else Bar("reconcile", total=len(STEPS)) as bar:
        for number, task in enumerate(STEPS, 1):
            done[task.value.partition(".")[2]] = run(task)
            if bar is not None:
                bar.show(number, note=task.value)
    done["receipts"] = apply.drain()
    return done


def words(result: Result, *, changed: bool) -> str:
    """The result for people."""
    lines = [
        f"{name:<18} " + "  ".join(f"{key} {value}" for key, value in step.items())
        for name, step in result.steps.items()
    ]
    lines += [
        f"{drift.name}  {drift.subject}  expected {drift.expected:,}  found {drift.found:,}" for drift in result.after
    ]
    if not changed and result.before:
        lines.append("Nothing was changed: --yes mends what follows from other rows.")
    return "\n".join(lines) or "Everything agrees."
