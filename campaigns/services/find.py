"""Reading a campaign for a decision, and saying why the decision was refused."""

from audiences.models import Store
from billing.standing import check_standing
from campaigns.errors import AlreadySending, InvalidStatus, StoreStopped
from campaigns.models import Campaign
from campaigns.states import CAMPAIGN_LIVE
from config.problems import NotFound, Problem


def campaign_of(*, store_id: int, campaign_id: int) -> Campaign:
    """The store's campaign with its store. Raises NotFound, also for another store's."""
    campaign = Campaign.objects.select_related("store").filter(pk=campaign_id, store_id=store_id).first()
    if campaign is None:
        raise NotFound
    return campaign


def locked(*, store_id: int, campaign_id: int) -> Campaign:
    """As `campaign_of`, locked until the transaction ends: first in the lock order."""
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id, store_id=store_id).first()
    if campaign is None:
        raise NotFound
    return campaign


def refusal(event: str, status: str) -> Problem:
    """The problem for an event that the campaign's status does not allow."""
    if event == "launch" and status in CAMPAIGN_LIVE:
        return AlreadySending(campaign_status=status)
    return InvalidStatus(f"A campaign that is {status} cannot do this: {event}.", campaign_status=status)


def not_an_automations(campaign: Campaign) -> None:
    """Raise InvalidStatus for a run of an automation: it is for just these people, now, or it is cancelled."""
    if campaign.automation_id:
        detail = "An automation made this campaign: cancel it, or change the automation."
        raise InvalidStatus(detail, campaign_status=campaign.status)


def may_send(store: Store) -> None:
    """Whether the store may begin to send. Raises StoreStopped, BillingHold, SubscriptionRequired."""
    not_stopped(store)
    check_standing(store.pk)


def not_stopped(store: Store) -> None:
    """Raise StoreStopped when the store is suspended or staff stopped its sending."""
    if store.status != "active" or store.sending_stopped:
        raise StoreStopped
