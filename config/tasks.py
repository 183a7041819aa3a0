"""What Celery's discovery loads in every worker for the house itself: the worker's heartbeat."""

from celery.signals import worker_ready, worker_shutdown
from celery.worker.consumer import Consumer

from config.heartbeats import Heart

_hearts: list[Heart] = []


@worker_ready.connect
def start_heart(sender: Consumer, **_: object) -> None:
    """The worker consumes: say so, and which queues."""
    heart = Heart(name=sender.hostname, kind="worker", queues=sender.app.amqp.queues.consume_from)
    _hearts.append(heart)
    heart.start()


@worker_shutdown.connect
def stop_heart(**_: object) -> None:
    """The worker ended by itself."""
    while _hearts:
        _hearts.pop().stop()
