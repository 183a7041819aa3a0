"""How urgent a campaign is: it counts from the next batch on."""

from django.db import transaction
from django.utils import timezone

from campaigns import history
from campaigns.models import Campaign, StoreLane
from campaigns.services.find import campaign_of, locked, refusal
from campaigns.states import CAMPAIGN_EDITABLE, CAMPAIGN_LIVE, PRIORITIES
from config.audit import Actor

WORDS = {rank: word for word, rank in PRIORITIES.items()}


def prioritise(*, store_id: int, campaign_id: int, priority: int, actor: Actor, reason: str = "") -> Campaign:
    """Give a campaign that has not ended another priority (a rank of PRIORITIES). The same one again changes nothing.

    Workers choose by priority at each claim, so a batch in flight is the most that still goes before. Raises
    InvalidStatus, NotFound.
    """
    with transaction.atomic():
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        if campaign.status not in (*CAMPAIGN_EDITABLE, *CAMPAIGN_LIVE):
            raise refusal("prioritise", campaign.status)
        if campaign.priority != priority:
            # Without a lane of that rank the claim would not see it.
            StoreLane.objects.get_or_create(store_id=store_id, priority=priority)
            Campaign.objects.filter(pk=campaign_id).update(priority=priority, updated_at=timezone.now())
            history.append(
                campaign,
                "prioritise",
                before=campaign.status,
                after=campaign.status,
                actor=actor,
                reason=reason,
                priority=WORDS[priority],
                was=WORDS[campaign.priority],
            )
    return campaign_of(store_id=store_id, campaign_id=campaign_id)
