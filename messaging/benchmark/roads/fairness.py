"""Fairness: small stores that send while a giant's campaign is under way."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median

from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure, percentile
from messaging.benchmark.roads.sending import ready_campaign
from messaging.benchmark.shop import Shop, Timed, key_of
from messaging.benchmark.stage import Stage

PEOPLE = 200
CLICKERS = 8


def run(stage: Stage, people: int) -> list[Figure]:
    """The giant is ready to go; then it and everybody else go, as fast as they can click."""
    giant = stage.shop(people)
    shops = [stage.shop(PEOPLE, use=f"Small {number}") for number in range(stage.options.shops)]
    drafts = [(shop, shop.draft(crowd.MESSAGE), shop.price(crowd.MESSAGE).body["id"]) for shop in shops]
    giant_id, _ = ready_campaign(stage, giant)
    began = stage.thaw_senders()
    with ThreadPoolExecutor(CLICKERS) as pool:
        clicks = list(pool.map(_click, drafts))
    seconds = [
        stage.wait_sent(campaign_id) and stage.ask(LAST, campaign_id) - click.at for campaign_id, click in clicks
    ]
    left = stage.ask("SELECT pending FROM campaigns_campaignprogress WHERE campaign_id = %s", giant_id)
    giant_seconds = stage.wait_sent(giant_id) - began
    return [
        Figure(f"{len(shops)} small, click to last message, p50", "s", median(seconds), None, "less"),
        Figure(f"{len(shops)} small, click to last message, p95", "s", percentile(seconds, 95), None, "less"),
        Figure("giant still pending when the small ones were done", "%", left * 100 / people),
        Figure("giant beside them", "messages/s", people / giant_seconds),
    ]


LAST = "SELECT extract(epoch FROM last_sent_at)::float FROM campaigns_campaignprogress WHERE campaign_id = %s"


def _click(draft: tuple[Shop, str, str]) -> tuple[int, Timed]:
    shop, campaign, quote = draft
    return key_of(campaign), shop.twin().launch(campaign, quote)
