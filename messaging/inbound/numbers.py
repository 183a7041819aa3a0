"""The numbers that people text, and whose they are. Staff's alone."""

import re

from django.db import IntegrityError, transaction

from config.audit import Actor, record
from config.problems import Conflict, NotFound, invalid
from messaging.inbound.inbox import number_of
from messaging.inbound.words import read_words
from messaging.inbound.writing import words
from messaging.models import InboundNumber, ProviderAccount

NUMBER = re.compile(r"[1-9][0-9]{2,14}")


def add_number(*, account_id: int, number: str, store_id: int | None, actor: Actor, word: str = "") -> InboundNumber:
    """Register a number of an account: of a store, shared (None), or with `word` a store's word on a shared one.

    Raises NotFound, InvalidFields, Conflict when it is registered already.
    """
    digits, folded = number_of(number), _word(word)
    if not NUMBER.fullmatch(digits):
        raise invalid("/number", "A number with its country's code, or a short code: digits.", code="bad_number")
    if folded and store_id is None:
        raise invalid("/store", "A word names a store.", code="required")
    if not ProviderAccount.objects.filter(pk=account_id).exists():
        raise NotFound
    try:
        with transaction.atomic():
            made = InboundNumber.objects.create(account_id=account_id, number=digits, word=folded, store_id=store_id)
            facts = {"number": digits, "word": folded}
            record("inbound_number.add", actor=actor, subject=f"inbound_number:{made.pk}", store_id=store_id, **facts)
    except IntegrityError:
        raise Conflict("This number, or this word on it, is registered already.") from None
    return made


def remove_number(*, number_id: int, actor: Actor, reason: str) -> None:
    """Forget a number, or a word on it: later texts to it are looked at anew. Raises NotFound."""
    with transaction.atomic():
        row = InboundNumber.objects.select_for_update().filter(pk=number_id).first()
        if row is None:
            raise NotFound
        InboundNumber.objects.filter(pk=number_id).delete()
        facts = {"number": row.number, "word": row.word, "before": "ours", "after": "removed"}
        subject = f"inbound_number:{number_id}"
        record("inbound_number.remove", actor=actor, subject=subject, store_id=row.store_id, reason=reason, **facts)


def _word(word: str) -> str:
    """One folded word that asks for nothing by itself. Raises InvalidFields."""
    said = words(word)
    if not said:
        return ""
    if len(said) > 1 or len(said[0]) > 30 or read_words(said).meaning != "ordinary":
        raise invalid("/word", "One word that is no keyword, such as the store's name.", code="bad_word")
    return said[0]
