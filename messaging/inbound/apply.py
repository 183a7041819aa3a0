"""The drain: each text of the inbox is read, given to its store and acted on, in a transaction of its own."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone

from audiences.models import Store
from audiences.phones import BadPhone, normalise
from config.queues import Task, ring
from config.sql import is_transient
from messaging.inbound.acts import act, case_of
from messaging.inbound.answers import send_owed
from messaging.inbound.keywords import languages_of
from messaging.inbound.queries import put_off, take_one
from messaging.inbound.whose import Whose, contact_of, whose
from messaging.inbound.words import Reading, read
from messaging.log import LogLine, append
from messaging.models import InboundMessage
from messaging.states import REVIEW

log = logging.getLogger(__name__)
SLICE_SECONDS = 20.0


def drain() -> dict[str, int]:
    """Apply what is in the inbox, then send what is owed; at most 20 seconds, then ring again. Texts by outcome."""
    total: Counter[str] = Counter()
    ends = time.monotonic() + SLICE_SECONDS
    while outcome := apply_next():
        total[outcome] += 1
        if time.monotonic() >= ends:
            ring(Task.APPLY_INBOUND)
            break
    return {**total, **send_owed(limit=200)}


def apply_next() -> str | None:
    """Take the next text that is due, and act on it; what came of it. None: nothing is due.

    One that breaks something is tried again later, and stands in nobody's way.
    """
    taken = 0
    try:
        with transaction.atomic(durable=True):
            taken = take_one() or 0
            if not taken:
                return None
            outcome = _apply(InboundMessage.objects.select_related("store").get(pk=taken))
    except Exception as error:
        if not taken or (isinstance(error, OperationalError) and not is_transient(error)):
            raise
        # What the database says of a row may quote it: a phone, a text.
        facts = {"inbound_id": taken, "error": type(error).__name__}
        log.error("inbound_failed", extra=facts, exc_info=not isinstance(error, DatabaseError))
        put_off(taken)
        return "failed"
    return outcome


def _apply(message: InboundMessage) -> str:
    found = whose(message) if message.store_id is None else Whose(message.store_id)
    message.store = Store.objects.filter(pk=found.store_id).first() if found.store_id else None
    if message.store is None:
        return _for_nobody(message, found)
    reading = read(message.text, languages=_languages(message, [message.store]), leave_out=found.named)
    case = case_of(message, message.store.pk)
    outcome = act(case, reading.meaning) if case else "shown"
    _end(message, reading, outcome=outcome, ask=outcome == "suppressed")
    return outcome


def _for_nobody(message: InboundMessage, found: Whose) -> str:
    """Kept for staff. A STOP to a number that may be several stores' is meant for whoever texts: all of them."""
    stores = list(Store.objects.filter(pk__in=found.candidates).order_by("pk"))
    reading = read(message.text, languages=_languages(message, stores))
    if reading.meaning in {"stop", "likely_stop"}:
        for store in stores:
            if case := case_of(message, store.pk, answers=False):
                act(case, reading.meaning)
    _end(message, reading, outcome="unassigned", ask=True)
    return "unassigned"


def _languages(message: InboundMessage, stores: Iterable[Store]) -> frozenset[str]:
    """Of the stores' countries and of the phone's: who travels writes the words of home."""
    countries = {store.country for store in stores}
    if message.phone_hash:
        with suppress(BadPhone):
            countries.add(normalise(message.phone or "", country="").country)
    return languages_of(*sorted(countries))


def _end(message: InboundMessage, reading: Reading, *, outcome: str, ask: bool) -> None:
    """Write down what came of it; `ask`: somebody is to decide."""
    store_id = message.store.pk if message.store else None
    contact = contact_of(store_id=store_id, phone=message.phone) if store_id else None
    rows = InboundMessage.objects.filter(pk=message.pk)
    rows.update(
        store_id=store_id,
        contact=contact,
        meaning=reading.meaning,
        language=reading.language,
        outcome=outcome,
        applied_at=timezone.now(),
    )
    if ask:
        REVIEW.move(rows, "ask")
    if store_id:
        append([_line(message, reading, store_id=store_id)])
    facts = {"inbound_id": message.pk, "store_id": store_id, "meaning": reading.meaning, "outcome": outcome}
    log.info("inbound_applied", extra=facts)


def _line(message: InboundMessage, reading: Reading, *, store_id: int) -> LogLine:
    """The evidence in the message log; the words stay with the message, where an erasure finds them."""
    return LogLine(
        store_id=store_id,
        campaign_id=None,
        recipient_id=None,
        kind="inbound",
        outcome=reading.meaning,
        at=timezone.now(),
        account_id=message.account_id,
        provider_message_id=message.provider_message_id,
    )
