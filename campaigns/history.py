"""A campaign's history: each move is written beside the move itself."""

from typing import Any

from campaigns.models import Campaign, CampaignEvent
from config.audit import Actor, record


def append(
    campaign: Campaign, event: str, *, before: str, after: str, actor: Actor, reason: str = "", **facts: Any
) -> None:
    """Write down that `event` moved the campaign; also into the audit unless the system did it by itself."""
    CampaignEvent.objects.create(
        store_id=campaign.store_id,
        campaign=campaign,
        event=event,
        before=before,
        after=after,
        reason=reason[:200],
        facts=facts,
        actor=actor.name,
    )
    if actor.name != "system":
        record(
            f"campaign.{event}",
            actor=actor,
            subject=f"campaign:{campaign.pk}",
            store_id=campaign.store_id,
            reason=reason,
            **{**facts, "before": before, "after": after},
        )
