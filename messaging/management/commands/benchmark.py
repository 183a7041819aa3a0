import os
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from config.commands import BadInput
from messaging.benchmark.figures import number
from messaging.benchmark.raw.crew import Broken
from messaging.benchmark.report import compare, grown, show
from messaging.benchmark.roads import ROADS
from messaging.benchmark.run import run
from messaging.benchmark.shop import Refused
from messaging.benchmark.stage import Options, TooLong
from messaging.proving import place
from messaging.proving.house import NotReady

STDOUT = Path("-")


def numbers(text: str) -> tuple[int, ...]:
    """`10k,1M` as numbers."""
    try:
        return tuple(number(word) for word in text.split(","))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def milliseconds(text: str) -> tuple[int, ...]:
    """`0,200` as numbers."""
    return tuple(int(word) for word in text.split(","))


class Command(BaseCommand):
    """Measure every road of the product beside bare psycopg on the same tables, on servers of its own."""

    help = "Starts a whole Heliograph on servers of its own and measures it beside a baseline of bare psycopg."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--recipients", type=numbers, default=(10_000,), help="sizes, as 10k,100k,1M (10k)")
        parser.add_argument("--roads", default="", help=f"names separated by commas, instead of all: {','.join(ROADS)}")
        parser.add_argument("--repeat", type=int, default=3, help="repetitions of each road (3); medians are shown")
        parser.add_argument("--history", type=number, default=0, help="old recipients in the database before, as 10M")
        parser.add_argument(
            "--provider-latency",
            type=milliseconds,
            default=(0, 50, 200, 1000),
            help="of the latency road, in ms (0,50,200,1000)",
        )
        parser.add_argument("--workers", type=int, default=4, help="send workers, and processes of the baseline (4)")
        parser.add_argument("--shops", type=int, default=50, help="small stores of the fairness road (50)")
        parser.add_argument(
            "--postgres",
            action="append",
            default=[],
            help="a setting of its PostgreSQL, name=value; repeat it for more",
        )
        parser.add_argument(
            "--json",
            nargs="?",
            type=Path,
            const=STDOUT,
            help="write the result there; without a file: say nothing else",
        )
        parser.add_argument("--compare", type=Path, help="the result of an earlier run, to be shown beside")
        parser.add_argument("--keep", action="store_true", help="leave the logs, and say where they are")

    def handle(self, *args: Any, **options: Any) -> None:
        if place.FOLDER not in os.environ:
            raise CommandError("Run it through manage.py: the benchmark needs an environment of its own.")
        earlier = _read(options["compare"])
        try:
            result = run(_asked(options))
        except (NotReady, TooLong, Refused, Broken) as error:
            raise CommandError(f"{error}\nlogs are in {place.here() / 'logs'}") from error
        self._tell(result, earlier, path=options["json"])
        if options["keep"]:
            sys.stderr.write(f"logs are in {place.here() / 'logs'}\n")
        else:
            shutil.rmtree(place.here(), ignore_errors=True)

    def _tell(self, result: dict[str, Any], earlier: dict[str, Any] | None, *, path: Path | None) -> None:
        """The tables on stdout and JSON in a file; or JSON alone on stdout."""
        document = orjson.dumps(result, option=orjson.OPT_INDENT_2)
        if path == STDOUT:
            self.stdout.write(document.decode())
            return
        self.stdout.write(show(result) + grown(result))
        if earlier:
            self.stdout.write(compare(result, earlier))
        if path:
            path.write_bytes(document)


def _asked(options: dict[str, Any]) -> Options:
    return Options(
        sizes=options["recipients"],
        roads=_roads(options["roads"]),
        repeat=options["repeat"],
        history=options["history"],
        latencies=options["provider_latency"],
        workers=options["workers"],
        shops=options["shops"],
        postgres=_pairs(options["postgres"]),
    )


def _roads(names: str) -> tuple[str, ...]:
    """The roads that were asked for; all without any. Raises CommandError for one that does not exist."""
    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    if unknown := set(chosen) - set(ROADS):
        raise BadInput("NO_SUCH_ROAD", f"no such road: {', '.join(sorted(unknown))}; there are: {', '.join(ROADS)}")
    return chosen or tuple(ROADS)


def _pairs(words: Iterable[str]) -> dict[str, str]:
    """`name=value` words. Raises CommandError."""
    pairs = [word.partition("=") for word in words]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise BadInput("BAD_SETTING", f"not name=value: {wrong[0]}")
    return {name: value for name, _, value in pairs}


def _read(path: Path | None) -> dict[str, Any] | None:
    """An earlier result. Raises CommandError before anything is started."""
    if path is None:
        return None
    try:
        found: dict[str, Any] = orjson.loads(path.read_bytes())
        return found
    except (OSError, orjson.JSONDecodeError) as error:
        raise BadInput("BAD_RESULT", f"{path}: {error}") from error
