"""What the baseline's programs have in common: a connection, a start signal, a result. Run as `python -m`."""

import json
import sys
from collections.abc import Callable
from typing import Any

import psycopg

Link = psycopg.Connection[tuple[Any, ...]]
Work = Callable[[], dict[str, Any]]


def perform(prepare: Callable[[Link, dict[str, Any]], Work]) -> None:
    """Prepare for the task of the command line, say `ready`, wait for a line, work, print the result.

    Then wait for the end, so that whoever started us can read what we cost.
    """
    task = json.loads(sys.argv[1])
    # As the product's connections, but for statements that are prepared once they were used five times.
    with psycopg.connect(task["database"], autocommit=True, options="-c jit=off") as link:
        work = prepare(link, task)
        _say("ready")
        sys.stdin.readline()
        _say(json.dumps(work()))
        sys.stdin.read()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
