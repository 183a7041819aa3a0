"""What counts as being active, for win-back. Upper apps add their own from `AppConfig.ready()`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet

from audiences.models import CustomerEvent
from campaigns.models import CampaignRecipient

# since when -> rows that show that the contact of the outer query was active since then
Activity = Callable[[datetime], "QuerySet[Any]"]


def events(since: datetime) -> "QuerySet[Any]":
    """The store told us of something that the contact did. Index: customerevent_contact."""
    return CustomerEvent.objects.filter(contact_id=OuterRef("pk"), occurred_at__gt=since)


def deliveries(since: datetime) -> "QuerySet[Any]":
    """A message of ours reached the contact. Index: the recipients' contact."""
    return CampaignRecipient.objects.filter(contact_id=OuterRef("pk"), status="delivered", final_at__gt=since)


def clicks(since: datetime) -> "QuerySet[Any]":
    """The contact followed a link of ours for the first time. Index: the recipients' contact."""
    return CampaignRecipient.objects.filter(contact_id=OuterRef("pk"), clicked_at__gt=since)


ACTIVITIES: dict[str, Activity] = {"event": events, "delivered": deliveries, "clicked": clicks}


def register(name: str, activity: Activity) -> None:
    """Let merchants choose one more; the name must be new (ValueError)."""
    if name in ACTIVITIES:
        raise ValueError(name)
    ACTIVITIES[name] = activity
