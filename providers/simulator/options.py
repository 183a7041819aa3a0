"""The command line of the simulator, the same with and without Django."""

import argparse
from pathlib import Path

import orjson

from providers.simulator.plan import Plan
from providers.simulator.server import serve


def read_plan(given: str | None, seed: int | None) -> Plan | None:
    """A plan from a file or from JSON itself; None when there is neither plan nor seed. ValueError as Plan.of."""
    if given is None:
        return None if seed is None else Plan(seed=seed)
    content = orjson.loads(given if given.lstrip().startswith("{") else Path(given).read_bytes())
    return Plan.of(content if seed is None else {**content, "seed": seed})


def add_options(parser: argparse.ArgumentParser) -> None:
    """--host --port --ledger --plan --seed --json."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8900, help="0 takes a free one and prints it")
    parser.add_argument(
        "--ledger", default="simulator-ledger.jsonl", help="file of what was received; it is appended to"
    )
    parser.add_argument("--plan", help="fault plan: a JSON file or JSON; without it the ledger's last one goes on")
    parser.add_argument("--seed", type=int, help="overrides the plan's seed")
    parser.add_argument("--json", action="store_true", help="say the address as one JSON object")


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM. ValueError: the plan cannot be followed."""
    plan = read_plan(options.plan, options.seed)
    serve(host=options.host, port=options.port, ledger=Path(options.ledger), plan=plan, as_json=options.json)
