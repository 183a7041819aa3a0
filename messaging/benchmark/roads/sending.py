"""Sending: from the first ring to the last message, all batches ready; and the snapshot that made them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from campaigns.models import Campaign
from messaging.benchmark import crowd, meters
from messaging.benchmark.figures import Figure
from messaging.benchmark.meters import Cost
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.shop import Shop, key_of
from messaging.benchmark.stage import Stage


def run(stage: Stage, people: int) -> list[Figure]:
    """Snapshot and sending of one campaign, by the baseline and by the product, in turn."""
    shop = stage.shop(people)
    raw = _raw(stage, shop)
    ours = _ours(stage, shop)
    return [
        Figure("snapshot", "recipients/s", people / ours[0], people / raw[0]),
        Figure("sending", "messages/s", people / ours[1], people / raw[1]),
        *meters.figures(ours[2], raw[2], messages=people),
    ]


def _raw(stage: Stage, shop: Shop) -> tuple[float, float, Cost]:
    """Seconds of the baseline's snapshot and sending, and what the sending cost."""
    with raw_campaign(stage, shop) as (campaign, wrote):
        task = {
            "campaign": campaign.pk,
            "store": campaign.store_id,
            "reservation": campaign.reservation_id,
            "literals": stage.literals,
            "provider": settings.SIMULATOR_URL,
            "key": crowd.API_KEY,
        }
        crowd.settle_down()
        with Crew("sender", workers=stage.options.workers, **task) as crew:
            meter = stage.meter(send=crew.pids)
            seconds, results = crew.go()
            cost = meter.read()
    sent = sum(result["sent"] for result in results)
    if sent != shop.people:
        raise RuntimeError(f"the baseline sent {sent} of {shop.people}")
    return wrote, seconds, cost


@contextmanager
def raw_campaign(stage: Stage, shop: Shop) -> Iterator[tuple[Campaign, float]]:
    """A campaign of the baseline with all its recipients, and the seconds its snapshot took; ended on leaving."""
    campaign = crowd.lay_campaign(store_id=stage.baseline_store, credits=crowd.MOST_PARTS * shop.people)
    campaign.refresh_from_db()
    task = {
        "campaign": campaign.pk,
        "store": campaign.store_id,
        "reservation": campaign.reservation_id,
        "contacts_of": shop.store_id,
        "literals": stage.literals,
        "chunk": settings.SNAPSHOT_CHUNK,
        "size": settings.SMS_BATCH_SIZE,
    }
    with Crew("snapshot", **task) as crew:
        seconds, _ = crew.go()
    yield campaign, seconds
    Campaign.objects.filter(pk=campaign.pk, status="sending").update(status="completed")


def _ours(stage: Stage, shop: Shop) -> tuple[float, float, Cost]:
    """The same of the product."""
    campaign_id, wrote = ready_campaign(stage, shop)
    crowd.settle_down()
    meter = stage.meter()
    began = stage.thaw_senders()
    seconds = stage.wait_sent(campaign_id) - began
    cost = meter.read()
    sent = stage.ask("SELECT sent FROM campaigns_campaignprogress WHERE campaign_id = %s", campaign_id)
    if sent != shop.people:
        raise RuntimeError(f"{sent} of {shop.people} were sent")
    return wrote, seconds, cost


def ready_campaign(stage: Stage, shop: Shop) -> tuple[int, float]:
    """A launched campaign with everybody written down, while the senders are frozen; seconds from launch to the end."""
    quote = shop.price(crowd.MESSAGE).body["id"]
    public = shop.draft(crowd.MESSAGE)
    stage.freeze_senders()
    shop.launch(public, quote)
    campaign_id = key_of(public)
    written = stage.wait_written(campaign_id)
    return campaign_id, written - stage.ask(LAUNCHED, campaign_id)


LAUNCHED = "SELECT extract(epoch FROM created_at)::float FROM campaigns_campaignsnapshot WHERE campaign_id = %s"
