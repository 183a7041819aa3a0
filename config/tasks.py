"""What Celery's discovery loads in every worker for the house itself: the worker's heartbeat and its memory."""

import sys

from celery.signals import worker_process_init, worker_ready, worker_shutdown
from celery.worker.consumer import Consumer

from config.hearts import Heart
from config.memory import settle

# A thread that comes back from the database waits for Python's lock as long as the others may keep it (5 ms): four
# times per batch while it holds the row of the campaign's counters, for which all workers wait.
SWITCH_SECONDS = 0.0005

_hearts: list[Heart] = []


@worker_ready.connect
def start_heart(sender: Consumer, **_: object) -> None:
    """The worker consumes: say so, and which queues."""
    heart = Heart(name=sender.hostname, kind="worker", queues=sender.app.amqp.queues.consume_from)
    _hearts.append(heart)
    heart.start()
    settle()
    sys.setswitchinterval(SWITCH_SECONDS)


@worker_process_init.connect
def settle_child(**_: object) -> None:
    """A process of a prefork pool has begun."""
    settle()


@worker_shutdown.connect
def stop_heart(**_: object) -> None:
    """The worker ended by itself."""
    while _hearts:
        _hearts.pop().stop()
