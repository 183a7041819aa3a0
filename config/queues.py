"""Every task's name and queue, and how to ring for one. A ring may be lost, doubled or late: the rows are the queue."""

import logging
from enum import StrEnum
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.redis import broker, broker_is_redis

log = logging.getLogger(__name__)


class Task(StrEnum):
    """Names of tasks; a test checks that each is registered and its queue is in the Procfile."""

    RUN_IMPORT = "audiences.run_import"
    SNAPSHOT = "campaigns.snapshot"
    LAUNCH_DUE = "campaigns.launch_due"
    RUN_AUTOMATIONS = "campaigns.run_automations"
    CLOSE_HOLDS = "campaigns.close_holds"
    RESUME_SNAPSHOTS = "campaigns.resume_snapshots"
    RESUME_IMPORTS = "audiences.resume_imports"
    EXPIRE_OPT_INS = "audiences.expire_opt_ins"
    SEND_CONFIRMATIONS = "campaigns.send_confirmations"
    FOLLOW_PAYMENTS = "billing.follow_payments"
    RENEW_PLANS = "billing.renew_plans"
    SEND_NEXT = "messaging.send_next"
    RING_LOST = "messaging.ring_lost"
    EXPIRE_LEASES = "messaging.expire_leases"
    EXPIRE_CALLS = "messaging.expire_calls"
    CLOSE_CANCELLED = "messaging.close_cancelled"
    FINISH_DRAINED = "messaging.finish_drained"
    APPLY_RECEIPTS = "messaging.apply_receipts"
    APPLY_INBOUND = "messaging.apply_inbound"
    GIVE_UP_UNKNOWN = "messaging.give_up_unknown"
    REFUND_UNDELIVERED = "messaging.refund_undelivered"
    POLL_SILENT = "messaging.poll_silent"
    WATCH = "messaging.watch"
    TELL_ALERTS = "messaging.tell_alerts"
    MOVE_FROM_SLOW = "messaging.move_from_slow"
    TIDY = "messaging.tidy"
    RETAIN = "messaging.retain"
    PUBLISH_EVENTS = "messaging.publish_events"
    PUBLISH_MESSAGES = "messaging.publish_messages"
    DELIVER_HOOKS = "messaging.deliver_hooks"
    MEND_HOOKS = "messaging.mend_hooks"
    COUNT_CLICKS = "messaging.count_clicks"


class Queue(StrEnum):
    """Queues; the Procfile says which process serves which."""

    SEND = "send"
    DEFAULT = "default"
    IMPORT = "import"
    RECEIPTS = "receipts"
    HOOKS = "hooks"


QUEUES: dict[Task, Queue] = {
    Task.RUN_IMPORT: Queue.IMPORT,
    Task.SNAPSHOT: Queue.IMPORT,
    Task.SEND_NEXT: Queue.SEND,
    Task.APPLY_RECEIPTS: Queue.RECEIPTS,
    Task.APPLY_INBOUND: Queue.RECEIPTS,
    Task.DELIVER_HOOKS: Queue.HOOKS,
}


def queue_of(task: Task) -> Queue:
    """The queue that a task travels through."""
    return QUEUES.get(task, Queue.DEFAULT)


def ring(task: Task, *args: Any, copies: int = 1) -> bool:
    """Publish `copies` rings for a task now. False when the broker did not take them within about two seconds.

    Never raises for a broker that is away, full or slow: a sweep finds the work again.
    """
    try:
        for _ in range(copies):
            current_app.send_task(task.value, args=args, queue=queue_of(task).value, ignore_result=True)
    except (OperationalError, RedisError, OSError):
        log.warning("ring_lost", extra={"task": task.value}, exc_info=True)
        return False
    return True


def enqueue(task: Task, *args: Any, copies: int = 1) -> None:
    """Ring after the open transaction commits; at once when there is none."""
    transaction.on_commit(lambda: ring(task, *args, copies=copies), robust=True)


def waiting(queue: Queue) -> int | None:
    """Rings that wait in a queue, or None when the broker cannot be asked."""
    try:
        return int(broker().llen(queue.value)) if broker_is_redis() else _declared(queue)
    except (OperationalError, RedisError, OSError):
        return None


def _declared(queue: Queue) -> int:
    """As the broker says, whatever it is: AMQP counts when it is asked whether a queue is there."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        try:
            found = channel.queue_declare(queue=queue.value, passive=True)
        except connection.channel_errors:  # nobody has ever rung there
            return 0
        return int(found.message_count)
