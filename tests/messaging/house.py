"""A house in which everything works, and what the watchdog sees of it."""

from django.utils import timezone

from config import strangers
from config.beat import SCHEDULE
from config.heartbeats import Process, beat
from config.models import Heartbeat, SweepRun
from config.redis import broker
from messaging.models import Alert
from messaging.watchdog.alerts import watch

QUEUES = ("send", "default", "import", "receipts", "hooks")


def healthy() -> None:
    """A worker of every queue, a Beat, and sweeps that ran just now."""
    now = timezone.now()
    broker().delete(strangers.KEY)
    beat(Process(name="all@host", kind="worker", queues=QUEUES))
    beat(Process(name="beat@host.1", kind="beat"))
    SweepRun.objects.bulk_create([SweepRun(name=task.value, started_at=now, finished_at=now) for task in SCHEDULE])


def without_sender() -> None:
    """Nobody serves the queue `send` any more."""
    Heartbeat.objects.filter(kind="worker").update(queues="default,import,receipts,hooks")


def seen() -> list[tuple[str, str]]:
    """Open alerts after a look."""
    watch()
    return sorted(Alert.objects.filter(closed_at=None).values_list("name", "subject"))
