"""Staff's switches of a store: its sending, and the whole of it."""

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from config.audit import Actor, record
from config.problems import Conflict
from config.queues import Task, enqueue


def set_sending(*, store_id: int, allowed: bool, actor: Actor, reason: str) -> None:
    """Stop or allow everything that the store sends. What is in flight finishes; the rest waits where it is.

    Raises Conflict when the switch stands there already (or there is no such store); then nothing changed.
    """
    with transaction.atomic():
        rows = Store.objects.filter(pk=store_id, sending_stopped=allowed)
        if not rows.update(sending_stopped=not allowed, updated_at=timezone.now()):
            raise Conflict("Sending is allowed already." if allowed else "Sending is stopped already.")
        action = "store.allow_sending" if allowed else "store.stop_sending"
        words = ("sending", "stopped")
        facts = {"before": words[allowed], "after": words[not allowed]}
        record(action, actor=actor, subject=f"store:{store_id}", store_id=store_id, reason=reason, **facts)
        if allowed:
            enqueue(Task.SEND_NEXT, copies=4)


def set_active(*, store_id: int, active: bool, actor: Actor, reason: str) -> None:
    """Suspend a store, or let it work again. Suspended: its members and keys are refused, and nothing of it is sent.

    What is in flight finishes; the rest waits where it is. Raises Conflict when it is so already (or there is no such
    store); then nothing changed.
    """
    before, after = ("suspended", "active") if active else ("active", "suspended")
    with transaction.atomic():
        rows = Store.objects.filter(pk=store_id, status=before)
        if not rows.update(status=after, updated_at=timezone.now()):
            raise Conflict(f"The store is {after} already.")
        action = "store.activate" if active else "store.suspend"
        record(action, actor=actor, subject=f"store:{store_id}", store_id=store_id, reason=reason)
        if active:
            enqueue(Task.SEND_NEXT, copies=4)
