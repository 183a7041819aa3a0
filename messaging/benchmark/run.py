"""One benchmark from the first server to the result."""

import os
import platform
import sys
import time
from collections import defaultdict
from typing import Any

from django.conf import settings

from config.progressbar import Bar
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure, Row, rows, short
from messaging.benchmark.roads import ROADS
from messaging.benchmark.stage import Options, Stage

TUNED = (
    "SMS_BATCH_SIZE",
    "SNAPSHOT_CHUNK",
    "IMPORT_CHUNK",
    "RECEIPT_BATCH",
    "SEND_RINGS",
    "SEND_SLICE_SECONDS",
)
Found = dict[tuple[str, int], list[Row]]


def run(options: Options) -> dict[str, Any]:
    """Start everything, take every road at every size, and return the document. Raises NotReady, TooLong."""
    load = os.getloadavg()
    with Stage(options) as stage:
        if options.history:
            crowd.make_history(stage.shop(max(options.sizes)), recipients=options.history)
        found = _take(stage)
        return _document(options, found, machine=_machine(stage, load))


def _take(stage: Stage) -> Found:
    """Every road at every size, repetition by repetition: what disturbs the machine for a while hits all of them."""
    options = stage.options
    todo = [(road, size) for size in options.sizes for road in options.roads]
    found: dict[tuple[str, int], list[list[Figure]]] = defaultdict(list)
    with Bar("Benchmark", total=len(todo) * options.repeat) as bar:
        for turn in range(options.repeat):
            for place, (road, size) in enumerate(todo):
                bar.show(turn * len(todo) + place, note=f"{road} {short(size)}")
                found[road, size].append(ROADS[road](stage, size))
        bar.show(bar.total)
    return {key: rows(repetitions) for key, repetitions in found.items()}


def _document(options: Options, found: Found, *, machine: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine,
        "options": options._asdict(),
        "settings": {name: getattr(settings, name) for name in TUNED},
        "roads": [
            {"road": road, "recipients": size, "figures": [row.document() for row in found_rows]}
            for (road, size), found_rows in found.items()
        ],
    }


def _machine(stage: Stage, load: tuple[float, float, float]) -> dict[str, Any]:
    """What absolute figures depend on; `load` is the one-minute average before and after."""
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{sys.platform} {platform.machine()}",
        "postgresql": stage.ask("SHOW server_version"),
        "load": [round(load[0], 1), round(os.getloadavg()[0], 1)],
    }
