"""Enqueue: from the click to the answer, to the first message and to the last, with a stored quote."""

import time
from statistics import median

from campaigns.services.finish import close_cancelled
from config.queues import Queue, waiting
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure, percentile
from messaging.benchmark.roads.timing import timings
from messaging.benchmark.shop import key_of
from messaging.benchmark.stage import Stage

CLICKS = 40


def run(stage: Stage, people: int) -> list[Figure]:
    """Clicks one after the other on campaigns that are cancelled at once, then one that is sent.

    The clicks stand beside a trivial request of the same client: the store's own row.
    """
    shop = stage.shop(people)
    quote = shop.price(crowd.MESSAGE).body["id"]
    trivial = timings(lambda: shop.ask("GET", "store"), times=5 * CLICKS)
    clicks = []
    for _ in range(CLICKS):
        campaign = shop.draft(crowd.MESSAGE)
        stage.freeze_senders()
        clicks.append(shop.launch(campaign, quote).seconds * 1000)
        shop.ask("POST", f"campaigns/{campaign}/cancel", {"reason": "benchmark"})
    _clear_away(stage)
    first, last = _sent(stage, people, quote)
    return [
        Figure("click to answer, p50", "ms", median(clicks), median(trivial), "less"),
        Figure("click to answer, p95", "ms", percentile(clicks, 95), percentile(trivial, 95), "less"),
        Figure("click to first message", "s", first, None, "less"),
        Figure("click to last message", "s", last, None, "less"),
        Figure("from click on", "messages/s", people / last),
    ]


def _clear_away(stage: Stage) -> None:
    """Let the snapshots of the cancelled campaigns end and close their batches: nobody is to wait for them later."""
    while waiting(Queue.IMPORT) != 0:
        time.sleep(0.05)
    close_cancelled(limit=1_000_000)
    stage.thaw_senders()


def _sent(stage: Stage, people: int, quote: str) -> tuple[float, float]:
    """Seconds from the click until the first message was accepted, and the last one."""
    shop = stage.shop(people)
    campaign = shop.draft(crowd.MESSAGE)
    click = shop.launch(campaign, quote)
    last = stage.wait_sent(key_of(campaign)) - click.at
    first = stage.ask(FIRST, key_of(campaign)) - click.at
    return float(first), last


FIRST = "SELECT extract(epoch FROM first_sent_at)::float FROM campaigns_campaignprogress WHERE campaign_id = %s"
