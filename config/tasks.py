"""What Celery's discovery loads in every worker for the house itself: the worker's heartbeat and its memory."""

from celery.signals import worker_process_init, worker_ready, worker_shutdown
from celery.worker.consumer import Consumer

from config.heartbeats import Heart
from config.memory import settle

_hearts: list[Heart] = []


@worker_ready.connect
def start_heart(sender: Consumer, **_: object) -> None:
    """The worker consumes: say so, and which queues."""
    heart = Heart(name=sender.hostname, kind="worker", queues=sender.app.amqp.queues.consume_from)
    _hearts.append(heart)
    heart.start()
    settle()


@worker_process_init.connect
def settle_child(**_: object) -> None:
    """A process of a prefork pool has begun."""
    settle()


@worker_shutdown.connect
def stop_heart(**_: object) -> None:
    """The worker ended by itself."""
    while _hearts:
        _hearts.pop().stop()
