"""The collector: every part in turn. One that cannot be asked is said to have failed, and hides no other."""

import logging
import time
from collections.abc import Iterator

from django.db import Error, connection, transaction
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.sql import execute
from messaging.metrics.families import PARTS, PREFIX, Part

log = logging.getLogger(__name__)


class Rows(Collector):
    """Reads the rows when it is asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All families, and last how each part went."""
        works = GaugeMetricFamily(f"{PREFIX}part_ok", "0: this part of the metrics could not be read.", labels=["part"])
        took = GaugeMetricFamily(f"{PREFIX}part_seconds", "How long a part of the metrics took.", labels=["part"])
        database = answers()
        for name, part in PARTS.items():
            started = time.monotonic()
            found = ask(name, part) if database or not part.database else None
            yield from found or []
            works.add_metric([name], found is not None)
            took.add_metric([name], time.monotonic() - started)
        yield works
        yield took


def answers() -> bool:
    """Whether the database can be asked: found out once, since each attempt may take DB_CONNECT_TIMEOUT."""
    try:
        connection.ensure_connection()
    except Error:
        log.warning("metrics_without_database", exc_info=True)
        return False
    return True


def ask(name: str, part: Part) -> list[GaugeMetricFamily] | None:
    """The families of a part; None when it failed, or took longer than three seconds for a statement."""
    try:
        if not part.database:
            return list(part.ask())
        with transaction.atomic():
            execute("SET LOCAL statement_timeout = '3s'", {})
            return list(part.ask())
    except (Error, OSError):
        log.warning("metrics_part_failed", extra={"part": name}, exc_info=True)
        return None


def registry() -> CollectorRegistry:
    """Our rows and this process, in a registry of its own: nothing of a library slips in."""
    made = CollectorRegistry(auto_describe=False)
    made.register(Rows())
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    return made
