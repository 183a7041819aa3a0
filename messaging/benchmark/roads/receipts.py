"""Receipts: from the first call of the webhook until every message of a campaign is delivered."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from config.opaque import references
from config.sql import execute
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.stage import Stage
from providers.http import Endpoint, ThreadConnections
from providers.simulator.dialect import Post
from providers.simulator.fates import DELIVERED
from providers.simulator.mitto import Mitto
from providers.simulator.plan import ReceiptPlan

POSTERS = 8
PER_POST = 100
SECONDS = 60.0
MESSAGES = """
    SELECT l.recipient_id, l.provider_message_id
      FROM messaging_messagelog l
      JOIN campaigns_campaignrecipient r ON r.id = l.recipient_id
     WHERE r.campaign_id = %s
       AND l.kind = 'attempt'
     ORDER BY l.recipient_id
"""
DELIVERED_ALL = "SELECT sent = 0 FROM campaigns_campaignprogress WHERE campaign_id = %s"


def run(stage: Stage, people: int) -> list[Figure]:
    """A receipt for each message of a campaign that went out, a hundred in a call."""
    shop = stage.shop(people)
    raw_id, ours_id = (crowd.sent_campaign(shop, people=people, status="sent") for _ in range(2))
    posts = posts_of(stage, ours_id)
    crowd.settle_down()
    task = {"campaign": raw_id, "store": shop.store_id, "size": settings.RECEIPT_BATCH}
    with Crew("receipts", workers=stage.options.workers, **task) as crew:
        raw, _ = crew.go()
    meter = stage.meter()
    began = post_all(posts)
    stored = time.time() - began
    ended = stage.wait("the last receipt", DELIVERED_ALL, ours_id) - began
    cost = meter.read()
    clear_inbox()
    return [
        Figure("receipts, webhook to state", "receipts/s", people / ended, people / raw),
        Figure("receipts into the inbox", "receipts/s", people / stored),
        Figure("statements per receipt", "", cost.statements / people, None, "less"),
        Figure("CPU per receipt", "µs", sum(cost.cpu.values()) * 1e6 / people, None, "less"),
        *[
            Figure(f"CPU per receipt, {kind}", "µs", seconds * 1e6 / people, None, "less")
            for kind, seconds in cost.cpu.items()
        ],
    ]


def posts_of(stage: Stage, campaign_id: int) -> list[Post]:
    """The provider's calls about a campaign that went out, made before the clock starts."""
    url = f"{settings.PUBLIC_URL}/webhooks/providers/{crowd.SLUG}/receipts"
    plan = ReceiptPlan(url=url, secret=crowd.WEBHOOK_SECRET, sign="both")
    rows = stage.link.execute(MESSAGES, [campaign_id]).fetchall()
    ours = references([int(str(row[0])) for row in rows], attempt=1)
    now, dialect = time.time(), Mitto()
    said = [
        ({"message_id": row[1], "reference": reference, "account": "benchmark"}, DELIVERED, now)
        for row, reference in zip(rows, ours, strict=True)
    ]
    chunks = [said[at : at + PER_POST] for at in range(0, len(said), PER_POST)]
    return [dialect.receipts(plan, chunk, echoes=True) for chunk in chunks]


def post_all(posts: list[Post]) -> float:
    """Call the webhook, several at a time, as a provider does; when it began (epoch)."""
    began = time.time()
    connections = ThreadConnections(Endpoint.of(settings.PUBLIC_URL))

    def post(one: Post) -> int:
        path = one.url.removeprefix(settings.PUBLIC_URL)
        connection = connections.get(SECONDS)
        return connection.exchange("POST", path, headers=one.headers, body=one.body, deadline_seconds=SECONDS).status

    with ThreadPoolExecutor(POSTERS) as pool:
        refused = [status for status in pool.map(post, posts) if status != 200]
    if refused:
        raise RuntimeError(f"the webhook answered {refused[0]}")
    return began


def clear_inbox() -> None:
    """Nothing of one repetition is in the way of the next."""
    execute("TRUNCATE messaging_receipt", {})
