"""Staff's switch of a store's sending."""

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
