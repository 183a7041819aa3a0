"""Answers to texts: owed in the transaction that acted, sent afterwards on the road of direct messages, once.

The store pays for an answer as for any message. Without credits, or while the store may not send, there is none: what
the text asked for is done all the same.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiences.models import Contact, Store
from audiences.phones import BadPhone, Phone, normalise
from campaigns.models import Campaign
from campaigns.services.direct import send_answer
from config.audit import Actor
from config.problems import Problem
from messaging.inbound.inbox import number_of
from messaging.inbound.keywords import languages_of
from messaging.inbound.settings import settings_of
from messaging.inbound.texts import ANSWERS, answer_text
from messaging.models import InboundAnswer, InboundMessage, InboundNumber
from messaging.states import ANSWER

log = logging.getLogger(__name__)
ACTOR = Actor("inbound")
DAY = timedelta(days=1)
HELP_EVERY = timedelta(hours=1)
LATE = timedelta(hours=1)  # an answer that could not be sent until then is of no use to anybody


class Sent(Exception):
    """Somebody else sent this answer meanwhile."""


def owe(
    message: InboundMessage, *, store_id: int, phone_hash: bytes, kind: str, opt_out: str | None = None
) -> InboundAnswer | None:
    """Owe an answer to a text; None when there is to be none.

    None to what is no mobile phone or a number of ours, and at most INBOUND_ANSWERS_PER_DAY a day to a phone: two
    machines must not talk for ever. HELP is answered once an hour. A second one to the same opt-out is refused by the
    database.
    """
    now = timezone.now()
    if phone_of(message) is None:
        return None
    lately = InboundAnswer.objects.filter(phone_hash=phone_hash, created_at__gt=now - DAY)
    if lately.count() >= settings.INBOUND_ANSWERS_PER_DAY:
        return None
    if kind == "help" and lately.filter(kind="help", store_id=store_id, created_at__gt=now - HELP_EVERY).exists():
        return None
    return InboundAnswer.objects.create(
        message=message, store_id=store_id, phone_hash=phone_hash, kind=kind, opt_out=opt_out
    )


def phone_of(message: InboundMessage) -> Phone | None:
    """Whom an answer goes to; None for short codes, names, lines that cannot receive, and our own numbers."""
    try:
        phone = normalise(message.phone or "", country="")
    except BadPhone:
        return None
    return None if InboundNumber.objects.filter(number=number_of(phone.e164)).exists() else phone


def send_owed(*, limit: int) -> dict[str, int]:
    """Send what is owed, each answer in a transaction of its own. Index: inboundanswer_owed."""
    counts = {"answers": 0, "unanswered": 0}
    for pk in InboundAnswer.objects.filter(state="owed").order_by("pk").values_list("pk", flat=True)[:limit]:
        counts["answers" if send(pk) else "unanswered"] += 1
    return counts


def send(answer_id: int) -> bool:
    """Send an answer; False when it is not to be sent (any more): then it is given up, with the reason."""
    answer = InboundAnswer.objects.select_related("message", "store").filter(pk=answer_id, state="owed").first()
    if answer is None:
        return False
    phone = phone_of(answer.message)
    if phone is None or answer.created_at < timezone.now() - LATE:
        return _give_up(answer, "late" if phone else "no_phone")
    try:
        send_answer(
            store=answer.store,
            to=phone,
            text=_text(answer),
            last_word=answer.kind == "stop",
            actor=ACTOR,
            after=lambda campaign: _mark(answer, campaign),
        )
    except Sent:
        return False
    except Problem as problem:
        return _give_up(answer, problem.code)
    return True


def _mark(answer: InboundAnswer, campaign: Campaign) -> None:
    """In the transaction that makes the message: of two senders at once one gets here, and the other's message goes."""
    rows = InboundAnswer.objects.filter(pk=answer.pk)
    if not ANSWER.move(rows, "send", campaign_id=campaign.pk, ended_at=timezone.now()):
        raise Sent


def _give_up(answer: InboundAnswer, reason: str) -> bool:
    with transaction.atomic():
        rows = InboundAnswer.objects.filter(pk=answer.pk)
        ANSWER.move(rows, "give_up", reason=reason.lower()[:30], ended_at=timezone.now())
    log.info("inbound_not_answered", extra={"inbound_id": answer.message_id, "reason": reason})
    return False


def _text(answer: InboundAnswer) -> str:
    if answer.kind == "help" and (own := settings_of(answer.store_id).help_text):
        return own
    return answer_text(answer.kind, language=language_of(answer.message, answer.store), store=answer.store.name)


def language_of(message: InboundMessage, store: Store) -> str:
    """Of the words that the person used, else the contact's own, else one of the phone's country, else English."""
    if message.language in ANSWERS:
        return message.language
    known = Contact.objects.filter(pk=message.contact_id or 0).values_list("language", flat=True).first() or ""
    if known[:2].lower() in ANSWERS:
        return known[:2].lower()
    phone = phone_of(message)
    spoken = languages_of(phone.country if phone else store.country) - {"en"}
    return min(spoken) if len(spoken) == 1 else "en"
