"""The roads that are measured. Each takes a stage and a size, and returns the figures of one repetition."""

from collections.abc import Callable

from messaging.benchmark.figures import Figure
from messaging.benchmark.roads import (
    enqueue,
    fairness,
    importing,
    latency,
    ops,
    pages,
    parts,
    progress,
    quote,
    receipts,
    receipts_beside,
    segments,
    sending,
    storage,
)
from messaging.benchmark.stage import Stage

Road = Callable[[Stage, int], list[Figure]]
ROADS: dict[str, Road] = {
    "parts": parts.run,
    "segments": segments.run,
    "quote": quote.run,
    "enqueue": enqueue.run,
    "sending": sending.run,
    "progress": progress.run,
    "receipts": receipts.run,
    "receipts-beside": receipts_beside.run,
    "import": importing.run,
    "fairness": fairness.run,
    "latency": latency.run,
    "ops": ops.run,
    "storage": storage.run,
    "pages": pages.run,
}
