"""A slow provider: the rate beside W x B / (L + B x c), with W calls at once, B messages a call and a latency of L.

c is what a message costs when nothing is in its way: one worker, one thread, no latency. A campaign goes out in rounds
of W calls; the last one takes as long as the others however few are in it, which counts when there are few rounds.
"""

import os
from math import ceil

from django.conf import settings

from messaging.benchmark.figures import Figure
from messaging.benchmark.roads.sending import ready_campaign
from messaging.benchmark.stage import Stage


def run(stage: Stage, people: int) -> list[Figure]:
    """The rate at each latency; where processors and not the provider are the limit, the rate without latency."""
    threads = int(os.environ.get("SEND_CONCURRENCY", "4"))
    batch = settings.SMS_BATCH_SIZE
    rounds = ceil(ceil(people / batch) / (stage.options.workers * threads))
    stage.resize_senders(workers=1, threads=1)
    cost = 1 / _rate(stage, people, latency_ms=0)
    stage.resize_senders(workers=stage.options.workers, threads=threads)
    most = _rate(stage, people, latency_ms=0)
    found = [Figure("cost of a message, alone", "µs", cost * 1e6, None, "less")]
    for latency in stage.options.latencies:
        expected = min(people / (rounds * (latency / 1000 + min(batch, people) * cost)), most)
        found.append(
            Figure(f"sending at {latency} ms latency", "messages/s", _rate(stage, people, latency_ms=latency), expected)
        )
    stage.plan()
    return found


def _rate(stage: Stage, people: int, *, latency_ms: int) -> float:
    stage.plan(latency_ms=latency_ms)
    campaign_id, _ = ready_campaign(stage, stage.shop(people))
    began = stage.thaw_senders()
    return people / (stage.wait_sent(campaign_id) - began)
