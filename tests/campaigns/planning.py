"""Scheduling in tests: a plan, the moment when it is due, and who is then written down."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign
from campaigns.services.due import launch_due
from campaigns.services.schedule import Plan, schedule
from config.audit import SYSTEM

NINE = datetime.fromisoformat("2999-07-01T09:00:00")
SOON = timezone.now() + timedelta(days=2)


def planned(campaign: Campaign, plan: Plan | None = None, **changes: Any) -> Campaign:
    """The campaign, scheduled."""
    plan = (plan or Plan(SOON))._replace(**changes)
    return schedule(store_id=campaign.store_id, campaign_id=campaign.pk, plan=plan, actor=SYSTEM)


def come_due(campaign: Campaign) -> Campaign:
    """Let its time be now, and the sweep look."""
    now = timezone.now() - timedelta(seconds=1)
    Campaign.objects.filter(pk=campaign.pk).update(send_at=now, next_try_at=now)
    launch_due(limit=5)
    return Campaign.objects.get(pk=campaign.pk)


def phones(campaign: Campaign) -> set[str | None]:
    """Who is written down."""
    return set(campaign.recipients.values_list("phone", flat=True))
