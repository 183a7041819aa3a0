"""Parts: those of a message counted from its values, beside counting each rendered text."""

import time
from itertools import cycle, islice

from campaigns.content import parse
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.stage import Stage
from providers.gsm import count


def run(stage: Stage, people: int) -> list[Figure]:
    """Everybody's parts, counted in this process."""
    content = parse(crowd.MESSAGE)
    values = [(name,) for name in islice(cycle(crowd.NAMES), people)]
    texts = [content.render(value) for value in values]
    started = time.perf_counter()
    ours = sum(map(content.parts, values))
    between = time.perf_counter()
    raw = sum(count(text).parts for text in texts)
    ended = time.perf_counter()
    if ours != raw:
        raise RuntimeError(f"{ours} parts from the values, {raw} from the texts")
    return [
        Figure("parts of a message", "messages/s", people / (between - started), people / (ended - between)),
    ]
