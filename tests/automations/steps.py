"""Automations in tests: time that stands still, the sweeps, and who is texted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import time_machine

from audiences.models import Contact, Store
from campaigns.automations.sweep import run_due
from campaigns.models import Automation, AutomationFire, AutomationRun, Campaign, CampaignRecipient
from campaigns.services.due import launch_due
from tests.factories import ContactFactory


@contextmanager
def at(text: str) -> Iterator[datetime]:
    """It is this moment, given in UTC, and stays so."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        yield moment


def swept(*, limit: int = 100) -> dict[str, int]:
    """What the sweep did; only what it did."""
    return {name: number for name, number in run_due(limit=limit).items() if number}


def passed(*moments: str) -> list[dict[str, int]]:
    """Let it be each of these moments, and sweep and launch at each; what the sweeps did."""
    done = []
    for moment in moments:
        with at(moment):
            done.append(swept())
            launch_due(limit=100)
    return done


def born(store: Store, month: int, day: int, **columns: object) -> Contact:
    """Somebody with this birthday."""
    return ContactFactory.create(store=store, birthday=date(1988, month, day), **columns)


def texted(automation: Automation) -> list[int | None]:
    """The contacts who are recipients of its campaigns, in the order of the campaigns."""
    rows = CampaignRecipient.objects.filter(campaign__automation=automation).order_by("campaign_id", "contact_id")
    return list(rows.values_list("contact_id", flat=True))


def runs(automation: Automation) -> list[tuple[str, str, int]]:
    """(key, outcome, people) of its runs, oldest first."""
    rows = AutomationRun.objects.filter(automation=automation).order_by("pk")
    return list(rows.values_list("key", "outcome", "people"))


def campaigns(automation: Automation) -> list[Campaign]:
    """Its campaigns, oldest first."""
    return list(Campaign.objects.filter(automation=automation).order_by("pk"))


def left_out(automation: Automation) -> list[str]:
    """Why those who waited were not texted, oldest first; empty for those who were, or wait."""
    rows = AutomationFire.objects.filter(automation=automation).order_by("pk")
    return list(rows.values_list("left_out", flat=True))


def fresh(automation: Automation) -> Automation:
    """As it is now."""
    return Automation.objects.get(pk=automation.pk)
