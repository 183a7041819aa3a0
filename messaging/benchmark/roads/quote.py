"""Quotes: the exact price of a message to everybody."""

from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.stage import Stage


def run(stage: Stage, people: int) -> list[Figure]:
    """One quote, beside a stream of the same people whose parts are counted."""
    shop = stage.shop(people)
    with Crew("quote", store=shop.store_id, literals=stage.literals) as crew:
        raw, [found] = crew.go()
    ours = shop.price(crowd.MESSAGE)
    if (ours.body["recipients"], ours.body["parts"]) != (found["people"], found["parts"]):
        raise RuntimeError(f"the quote says {ours.body}, the baseline {found}")
    return [Figure("quote", "s", ours.seconds, raw, "less")]
