"""What a road may reach: the running house, its shops, the provider, a clock that costs nothing, and the meters."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg
import requests
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from audiences.models import Store
from campaigns.content import parse
from config.queues import Task, ring
from launcher import procfile
from launcher.place import ROOT
from messaging.benchmark import crowd
from messaging.benchmark.meters import OBSERVER, Meter
from messaging.benchmark.place import POSTGRES
from messaging.benchmark.shop import Shop, key_of
from messaging.proving.house import House

WATCH_SECONDS = 0.01
PATIENCE = 1800.0
START_SECONDS = 60.0
# More than web has threads, and batches for every thread that sends.
WARM_CLIENTS = 24
WARM_PEOPLE = 1600
Pids = dict[str, list[int]]


class TooLong(Exception):
    """What a road waited for did not come."""


class Options(NamedTuple):
    """What was asked for. `latencies`: milliseconds of the provider; `history`: old recipients; `shops`: small ones."""

    sizes: tuple[int, ...]
    roads: tuple[str, ...]
    repeat: int
    history: int
    latencies: tuple[int, ...]
    workers: int
    shops: int
    postgres: dict[str, str]


class Stage:
    """Everything runs while the `with` block does."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.house = House({**os.environ, "LOG_LEVEL": "INFO"}, lines=_lines(options.workers))
        self._shops: dict[tuple[str, int], Shop] = {}
        self.varied: dict[int, Shop] = {}  # shops whose contacts differ, by their number
        self._baseline: int | None = None

    def __enter__(self) -> Self:
        self.house.__enter__()
        try:
            self._start()
        except BaseException:
            self.house.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.house.__exit__(None, None, None)

    def _start(self) -> None:
        self.house.start_servers(**{**POSTGRES, **self.options.postgres})
        self.house.manage("migrate", "-v0")
        self.link = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.link.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self.link.execute(f"CREATE ROLE {OBSERVER} SUPERUSER LOGIN")
        self.link.execute(f"SET ROLE {OBSERVER}")
        crowd.make_account()
        self.house.start_processes("simulator", "web", "work", "beat")
        self._hire(workers=self.options.workers)
        self._warm_up()

    def _hire(self, *, workers: int, **more: str) -> None:
        """Start send workers and wait until they, and everybody else who has tasks, answer."""
        for number in range(1, workers + 1):
            self.house.start(f"send{number}", **more)
        ends = time.monotonic() + START_SECONDS
        while _answering() < workers + len(("work",)):
            if time.monotonic() > ends:
                raise TooLong(f"{workers} send workers: not within {START_SECONDS:.0f} s")

    def _warm_up(self) -> None:
        """Let every process and thread do its work once: they load modules and connect when they first need to."""
        shop = self.shop(WARM_PEOPLE, use="Warm")
        self.plan(latency_ms=300)
        with ThreadPoolExecutor(WARM_CLIENTS) as pool:
            list(pool.map(lambda _: [shop.twin().ask("GET", "store") for _ in range(5)], range(WARM_CLIENTS)))
        campaign = shop.draft(crowd.MESSAGE)
        shop.launch(campaign, shop.price(crowd.MESSAGE).body["id"])
        self.wait_sent(key_of(campaign))
        self.plan()

    # Shops and provider ----------------------------------------------------------------------------------------------

    def shop(self, people: int, *, use: str = "") -> Shop:
        """The shop with so many contacts, made the first time; `use`: one of its own for a purpose."""
        if (use, people) not in self._shops:
            self._shops[use, people] = crowd.make_shop(people=people, name=use or "Shop")
        return self._shops[use, people]

    @property
    def baseline_store(self) -> int:
        """The stopped store on whose account the baseline sends: the product leaves its batches alone."""
        if self._baseline is None:
            self._baseline = crowd.make_store("Baseline").pk
            Store.objects.filter(pk=self._baseline).update(sending_stopped=True)
        return self._baseline

    @property
    def literals(self) -> tuple[str, ...]:
        """The message around its one placeholder."""
        return parse(crowd.MESSAGE).literals

    def plan(self, *, latency_ms: int = 0) -> None:
        """Tell the simulator how to behave: everything is accepted, receipts come from the roads."""
        plan: dict[str, Any] = {
            "api_key": crowd.API_KEY,
            "echoes_reference": True,
            "latency_ms": [latency_ms, latency_ms],
            "keep_text": False,
            "idle_seconds": 60,
        }
        requests.put(f"{settings.SIMULATOR_URL}/_plan", json=plan, timeout=10).raise_for_status()

    def freeze_senders(self) -> None:
        """Send workers stand still: what is launched is written down and waits, ready to go."""
        self._signal_senders(signal.SIGSTOP)

    def thaw_senders(self) -> float:
        """They go on, and are rung for; when (epoch)."""
        now = time.time()
        self._signal_senders(signal.SIGCONT)
        ring(Task.SEND_NEXT, copies=settings.SEND_RINGS)
        return now

    def resize_senders(self, *, workers: int, threads: int) -> None:
        """So many send workers with so many threads each, all of them new."""
        for name in [name for name in self.house.children if name.startswith("send")]:
            self.house.children.pop(name).kill_group()
        self._hire(workers=workers, SEND_CONCURRENCY=str(threads))

    def _signal_senders(self, number: signal.Signals) -> None:
        for name in list(self.house.children):
            if name.startswith("send"):
                self.house.signal(name, number)

    # Clock and meters ------------------------------------------------------------------------------------------------

    def ask(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row; not counted by the meters."""
        row = self.link.execute(sql, arguments).fetchone()
        return row[0] if row else None

    def wait(self, what: str, sql: str, *arguments: Any, show: Callable[[], None] = lambda: None) -> float:
        """Ask until the answer is true; the time then (epoch). Raises TooLong."""
        ends = time.monotonic() + PATIENCE
        while not self.ask(sql, *arguments):
            if time.monotonic() > ends:
                raise TooLong(f"{what}: not within {PATIENCE:.0f} s")
            show()
            time.sleep(WATCH_SECONDS)
        return time.time()

    def wait_sent(self, campaign_id: int) -> float:
        """Wait until everybody is written down and nobody is pending; when (epoch)."""
        return self.wait("the last message", DRAINED, campaign_id)

    def wait_written(self, campaign_id: int) -> float:
        """Wait until everybody of the audience is written down; when (epoch)."""
        return self.wait("the snapshot", WRITTEN, campaign_id)

    def meter(self, **more: list[int]) -> Meter:
        """A meter of all processes; `more`: of the baseline, under the kind of process that it replaces."""
        return Meter(self.link, self.pids() if not more else {**self._servers(), **more})

    def pids(self) -> Pids:
        """Main processes by kind."""
        found: Pids = {}
        for name, child in self.house.children.items():
            found.setdefault(name.rstrip("0123456789"), []).append(child.process.pid)
        return found

    def _servers(self) -> Pids:
        return {kind: pids for kind, pids in self.pids().items() if kind in {"postgres", "simulator"}}


def _answering() -> int:
    """Processes with tasks that answer; nobody while the broker is too busy to ask them."""
    try:
        return len(current_app.control.ping(timeout=0.5) or ())
    except (OperationalError, RedisError, OSError):
        return 0


DRAINED = """
    SELECT s.done_at IS NOT NULL AND p.pending = 0
      FROM campaigns_campaignprogress p
      JOIN campaigns_campaignsnapshot s USING (campaign_id)
     WHERE p.campaign_id = %s
"""
WRITTEN = "SELECT done_at IS NOT NULL FROM campaigns_campaignsnapshot WHERE campaign_id = %s"


def _lines(workers: int) -> dict[str, str]:
    """The Procfile's command lines, with so many send workers like its first."""
    lines = procfile.parse((ROOT / "Procfile").read_text())
    first = lines["send1"]
    return lines | {f"send{n}": first.replace("send1@", f"send{n}@") for n in range(1, workers + 1)}
