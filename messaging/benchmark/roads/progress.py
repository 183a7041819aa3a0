"""Progress reads while the campaign is being sent, beside trivial requests at the same time."""

from statistics import median

from config.opaque import public_id
from messaging.benchmark.figures import Figure, percentile
from messaging.benchmark.roads.sending import ready_campaign
from messaging.benchmark.stage import DRAINED, Stage

AT_LEAST = 200


def run(stage: Stage, people: int) -> list[Figure]:
    """Both in turn, for as long as it is being sent, and for 200 times at least."""
    shop = stage.shop(people)
    campaign_id, _ = ready_campaign(stage, shop)
    address = f"campaigns/{public_id(campaign_id, kind='cmp')}/progress"
    shop.ask("GET", address)
    stage.thaw_senders()
    reads: list[float] = []
    trivial: list[float] = []
    while len(reads) < AT_LEAST or not stage.ask(DRAINED, campaign_id):
        reads.append(shop.ask("GET", address).seconds * 1000)
        trivial.append(shop.ask("GET", "store").seconds * 1000)
    return [
        Figure("progress under load, p50", "ms", median(reads), median(trivial), "less"),
        Figure("progress under load, p95", "ms", percentile(reads, 95), percentile(trivial, 95), "less"),
    ]
