"""The end of a hold: what no recipient needs any more goes back, once."""

from django.db import transaction

from billing.models import CreditReservation
from billing.services import close, release
from campaigns.models import Campaign
from campaigns.queries.finish import ended_with_open_holds, open_credits


def release_rest(campaign_id: int) -> int:
    """Give back what the campaign's open reservations hold beyond their pending and unknown recipients.

    Idempotent, and safe beside a settle: a recipient whose outcome is not committed still counts as open. A
    reservation that nothing needs is closed. While the snapshot is under way nothing is released. Returns credits.
    """
    campaign = Campaign.objects.filter(pk=campaign_id).select_related("snapshot").first()
    if campaign is None or not campaign.reservation_id:
        return 0
    unwritten = campaign.snapshot.done_at is None and campaign.status in {"sending", "paused"}
    holds = CreditReservation.objects.filter(key__startswith=f"campaign:{campaign_id}:", state="open")
    if unwritten:
        return 0
    return sum(_release(campaign_id=campaign_id, reservation_id=hold.pk) for hold in holds)


def _release(*, campaign_id: int, reservation_id: int) -> int:
    with transaction.atomic():
        reservation = CreditReservation.objects.select_for_update().get(pk=reservation_id)
        if reservation.state != "open":
            return 0
        needed = open_credits(campaign_id=campaign_id, reservation_id=reservation_id)
        if not needed:
            return close(reservation_id=reservation_id)
        spare = reservation.remaining - needed
        if spare > 0:
            release(reservation_id=reservation_id, amount=spare)
        return max(spare, 0)


def close_orphans(*, limit: int) -> dict[str, int]:
    """The sweep: open holds of campaigns that have ended with nobody unknown; of whatever run."""
    found = ended_with_open_holds(limit=limit)
    return {"found": len(found), "credits_released": sum(release_rest(campaign_id) for campaign_id in found)}
