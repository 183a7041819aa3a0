"""Frozen audiences that nobody needs any more."""

from datetime import timedelta

from django.utils import timezone

from audiences.models import FrozenAudience
from audiences.services.frozen import thaw
from campaigns.models import Campaign
from campaigns.states import CAMPAIGN_ENDED

# What a schedule wrote down is named by its campaign a moment later, or never.
ORPHAN = timedelta(hours=1)


def thaw_unneeded(*, limit: int) -> int:
    """Forget those of campaigns that have ended, whose recipients are written down, and those that nobody names."""
    ended = Campaign.objects.filter(frozen__isnull=False, status__in=CAMPAIGN_ENDED)
    for campaign_id, frozen_id in list(ended.values_list("pk", "frozen_id")[:limit]):
        Campaign.objects.filter(pk=campaign_id, frozen_id=frozen_id).update(frozen=None)
    named = Campaign.objects.filter(frozen__isnull=False).values("frozen_id")
    left = FrozenAudience.objects.filter(created_at__lt=timezone.now() - ORPHAN).exclude(pk__in=named)
    found = list(left.values_list("pk", flat=True)[:limit])
    for frozen_id in found:
        thaw(frozen_id)
    return len(found)
