"""How a campaign of a flow begins and ends, and the sums that must be right then."""

from billing.drift import find_drift
from billing.services import account_of
from campaigns.models import Campaign
from campaigns.progress import read, recount
from campaigns.services.launch import launch
from config.audit import SYSTEM
from tests.flows.stack import Stack, eventually


def ended(campaign: Campaign) -> bool:
    """Finished, and every receipt has come."""
    progress = read(campaign.pk)
    return progress.status in {"completed", "failed"} and not progress.counts["sent"] and not progress.counts["unknown"]


def wait_for_end(campaign: Campaign, *, seconds: float) -> None:
    eventually(lambda: ended(campaign), seconds=seconds, what=lambda: f"the campaign is over: {read(campaign.pk)}")


def assert_all_adds_up(campaign: Campaign, stack: Stack, *, recipients: int) -> None:
    progress = read(campaign.pk)
    received = stack.simulator.received()
    destinations = [item["destination"] for item in received]
    assert progress.audience == recipients
    assert len(destinations) == len(set(destinations)) == progress.counts["delivered"] + progress.counts["undelivered"]
    assert recount(campaign.pk) == {"audience": progress.audience, **progress.counts}
    assert progress.credits_charged == len(destinations)
    account = account_of(campaign.store_id)
    assert (account.held, 1000 - account.balance) == (0, progress.credits_charged)
    assert find_drift() == []


def begin(campaign: Campaign) -> None:
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)


def has_sent(campaign: Campaign, least: int) -> bool:
    counts = read(campaign.pk).counts
    return counts["sent"] + counts["delivered"] >= least
