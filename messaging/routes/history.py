"""The merchant's side of a move: a line in the campaign's history when another account than the primary carries it."""

from campaigns import history
from campaigns.models import Campaign, CampaignEvent
from config.audit import SYSTEM
from messaging.routes.choose import Choice
from messaging.sending.claim import Work


def tell(work: Work, choice: Choice) -> None:
    """Write once per campaign and account that it goes on over that account, and why; nothing for the primary.

    Two workers at once may write it twice: it is for reading, nothing is decided by it. Index: campaignevent_campaign.
    """
    if not choice.instead:
        return
    campaign = Campaign.objects.get(pk=work.batch.campaign_id)
    told = CampaignEvent.objects.filter(campaign=campaign, event="rerouted", facts__account=choice.account.name)
    if not told.exists():
        status, account = campaign.status, choice.account.name
        reason = f"over {account}, since {choice.instead}"
        history.append(campaign, "rerouted", before=status, after=status, actor=SYSTEM, reason=reason, account=account)
