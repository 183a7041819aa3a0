"""Receipts of one campaign while another one is sent: how much the one slows the other."""

from concurrent.futures import ThreadPoolExecutor

from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.roads.receipts import DELIVERED_ALL, clear_inbox, post_all, posts_of
from messaging.benchmark.roads.sending import ready_campaign
from messaging.benchmark.stage import Stage


def run(stage: Stage, people: int) -> list[Figure]:
    """The same campaign alone, then beside the receipts of as many messages. Baseline: alone."""
    shop = stage.shop(people)
    alone_id, _ = ready_campaign(stage, shop)
    alone = _send(stage, alone_id)
    told_id = crowd.sent_campaign(shop, people=people, status="sent")
    posts = posts_of(stage, told_id)
    campaign_id, _ = ready_campaign(stage, shop)
    crowd.settle_down()
    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(post_all, posts)
        beside = _send(stage, campaign_id)
        left = stage.ask("SELECT sent FROM campaigns_campaignprogress WHERE campaign_id = %s", told_id)
        began = posting.result()
    ended = stage.wait("the last receipt", DELIVERED_ALL, told_id)
    clear_inbox()
    return [
        Figure("sending beside receipts", "messages/s", people / beside, people / alone),
        Figure("receipts beside sending", "receipts/s", people / (ended - began)),
        Figure("receipts left when all was sent", "%", 100 * left / people),
    ]


def _send(stage: Stage, campaign_id: int) -> float:
    """Seconds from the ring to the last message of a campaign that is ready."""
    began = stage.thaw_senders()
    return stage.wait_sent(campaign_id) - began
