"""What people decide about texts: whether somebody's own words were an opt-out, and whose a text is."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from audiences.services.consent import UNDER_REVIEW, unsuppress
from config.audit import Actor, record
from config.problems import Conflict, NotFound
from config.queues import Task, enqueue
from messaging.inbound.acts import Case, case_of, opt_out
from messaging.inbound.queries import texters
from messaging.models import InboundMessage
from messaging.states import REVIEW


class Decided(Conflict):
    """Nobody needs to decide about this text (any more)."""


def confirm(*, message_id: int, actor: Actor, store_id: int | None = None, reason: str = "") -> None:
    """It was an opt-out: now it is one, as if they had written STOP, without an answer. Raises NotFound, Decided.

    `store_id`: whose texts the actor may decide about; None: staff, about all.
    """
    _decide("confirm", message_id, actor=actor, store_id=store_id, reason=reason, each=_out)


def lift(*, message_id: int, actor: Actor, store_id: int | None = None, reason: str = "") -> None:
    """It was no opt-out: they may be texted again. Nothing else that stands against it is touched. Raises as above."""

    def again(case: Case) -> None:
        unsuppress(store_id=case.store_id, phone=case.phone, why=UNDER_REVIEW, actor=actor, reason=reason)

    _decide("lift", message_id, actor=actor, store_id=store_id, reason=reason, each=again)


def settle(*, message_id: int, actor: Actor, reason: str) -> None:
    """Staff looked at it, and nothing is to be done. Raises NotFound, Decided."""
    _decide("settle", message_id, actor=actor, store_id=None, reason=reason, each=lambda case: None)


def assign(*, message_id: int, store_id: int, actor: Actor, reason: str) -> None:
    """A text that was nobody's is this store's: it is read and acted on anew. Raises NotFound, Decided."""
    now = timezone.now()
    with transaction.atomic():
        message = _locked(message_id, store_id=None)
        if message.store_id is not None or not Store.objects.filter(pk=store_id).exists():
            raise Decided("Only a text that is nobody's can be given to a store that there is.")
        rows = InboundMessage.objects.filter(pk=message.pk)
        if not REVIEW.move(rows, "settle", reviewed_at=now, reviewed_by=actor.name):
            raise Decided
        rows.update(store_id=store_id, applied_at=None, next_try_at=now, outcome="")
        subject, facts = f"inbound:{message.pk}", {"before": "nobody's", "after": f"store:{store_id}"}
        record("inbound.assign", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)
        enqueue(Task.APPLY_INBOUND)


def _decide(
    event: str,
    message_id: int,
    *,
    actor: Actor,
    store_id: int | None,
    reason: str,
    each: Callable[[Case], object],
) -> None:
    with transaction.atomic():
        message = _locked(message_id, store_id=store_id)
        rows = InboundMessage.objects.filter(pk=message.pk)
        if not REVIEW.move(rows, event, reviewed_at=timezone.now(), reviewed_by=actor.name):
            raise Decided
        for case in _cases(message):
            each(case)
        subject, facts = f"inbound:{message.pk}", {"before": "open", "after": REVIEW.moves[event].target}
        record(f"inbound.{event}", actor=actor, subject=subject, store_id=message.store_id, reason=reason, **facts)


def _locked(message_id: int, *, store_id: int | None) -> InboundMessage:
    rows = InboundMessage.objects.select_for_update(no_key=True).filter(pk=message_id)
    message = (rows if store_id is None else rows.filter(store_id=store_id)).first()
    if message is None:
        raise NotFound
    return message


def _out(case: Case) -> None:
    opt_out(case)


def _cases(message: InboundMessage) -> list[Case]:
    """The stores that the decision is about: its own, or those whom a text that is nobody's was taken to mean."""
    if message.store_id is not None:
        stores = [message.store_id]
    elif message.phone and message.phone_hash:
        hashed = bytes(message.phone_hash)
        found = texters(phone=message.phone, phone_hash=hashed, account_id=message.account_id)
        stores = [texter.store_id for texter in found]
    else:
        return []
    cases = [case_of(message, store_id, answers=False) for store_id in stores]
    return [case for case in cases if case is not None]
