"""Addresses and sweeps. For each kind of lost ring there is a sweep whose predicate has no far edge."""

from celery import shared_task
from celery.signals import worker_shutting_down

from campaigns.queries.claim import expire_leases as expire
from campaigns.services import finish
from config.queues import Task
from config.sweeps import sweep
from messaging import polling, refunds, retention, unknown
from messaging import tidy as tidying
from messaging.hooks import mend, messages, publish, pump
from messaging.inbound import apply as inbound
from messaging.links import count
from messaging.receipts import apply
from messaging.routes import slow
from messaging.sending import keep, sender
from messaging.sending.lost_calls import bury_poison, give_up_calls, ring_if_work
from messaging.watchdog import alerts
from messaging.watchdog import tell as telling


@worker_shutting_down.connect
def stop_claiming(**_: object) -> None:
    """SIGTERM: the batch in flight is finished, nothing new is claimed."""
    sender.stopping.set()
    pump.stopping.set()


@shared_task(name=Task.SEND_NEXT)
def send_next() -> dict[str, int]:
    """Send what is due."""
    return sender.send_next()


@shared_task(name=Task.APPLY_RECEIPTS)
def apply_receipts() -> dict[str, int]:
    """Drain the inbox of receipts."""
    return apply.drain()


@shared_task(name=Task.APPLY_INBOUND)
def apply_inbound() -> dict[str, int]:
    """Drain the inbox of texts from people, and answer."""
    return inbound.drain()


@shared_task(name=Task.DELIVER_HOOKS)
def deliver_hooks() -> dict[str, int]:
    """Post webhooks that are due."""
    return pump.deliver()


@sweep(Task.PUBLISH_EVENTS)
def publish_events() -> dict[str, int]:
    """Events that no webhook was told of yet, and deliveries that are due while no ring is on its way."""
    return publish.publish()


@sweep(Task.PUBLISH_MESSAGES)
def publish_messages() -> dict[str, int]:
    """Lines of the message log that no webhook was told of yet."""
    return messages.publish_messages()


@sweep(Task.MEND_HOOKS)
def mend_hooks() -> dict[str, int]:
    """Deliveries whose process went away, and those of endpoints that are disabled."""
    return mend.mend(limit=2000)


@sweep(Task.COUNT_CLICKS)
def count_clicks() -> dict[str, int]:
    """Clicks that are in no counter yet, and that no webhook was told of."""
    return count.count_clicks()


@sweep(Task.RING_LOST)
def ring_lost() -> dict[str, int]:
    """Batches, receipts or texts that are due while no ring is on its way."""
    return ring_if_work()


@sweep(Task.EXPIRE_LEASES)
def expire_leases() -> dict[str, int]:
    """Claimed batches whose worker went away before the mark: ready again."""
    buried = bury_poison(limit=50)
    return {"batches": expire(200), **buried}


@sweep(Task.EXPIRE_CALLS)
def expire_calls() -> dict[str, int]:
    """Calls that never came back: ambiguous, never resent; and outcomes that were spooled on this machine."""
    replayed = keep.replay(limit=100)
    return {**give_up_calls(limit=200), **{f"spool_{name}": number for name, number in replayed.items()}}


@sweep(Task.FINISH_DRAINED)
def finish_drained() -> dict[str, int]:
    """Campaigns with nothing pending that nobody finished."""
    return finish.finish_drained(limit=50)


@sweep(Task.CLOSE_CANCELLED)
def close_cancelled() -> dict[str, int]:
    """Ready batches of cancelled campaigns."""
    return finish.close_cancelled(limit=500)


@sweep(Task.MOVE_FROM_SLOW)
def move_from_slow() -> dict[str, int]:
    """Accounts whose receipts are late: others go first."""
    return slow.move_from_slow()


@sweep(Task.POLL_SILENT)
def poll_silent() -> dict[str, int]:
    """Messages whose receipts never came."""
    return polling.poll_silent(batches=20)


@sweep(Task.GIVE_UP_UNKNOWN)
def give_up_unknown() -> dict[str, int]:
    """Unknown recipients whose deadline has passed."""
    return unknown.give_up_overdue(limit=200)


@sweep(Task.REFUND_UNDELIVERED)
def refund_undelivered() -> dict[str, int]:
    """Messages that stayed undelivered for a day, of stores that get their credits back for it."""
    return refunds.refund_undelivered()


@sweep(Task.WATCH)
def watch() -> dict[str, int]:
    """Trouble that no sweep can mend."""
    return alerts.watch()


@sweep(Task.TELL_ALERTS)
def tell_alerts() -> dict[str, int]:
    """Notices of alerts that no webhook or mailbox was given yet."""
    return telling.tell()


@sweep(Task.TIDY)
def tidy() -> dict[str, int]:
    """Old idempotency records and expired quotes."""
    return tidying.tidy()


@sweep(Task.RETAIN)
def retain() -> dict[str, int]:
    """Personal data that is kept no longer."""
    return retention.retain()
