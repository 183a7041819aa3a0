"""Texts of one person: what a contact's page shows, what an export holds, and what an erasure clears."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from audiences.erasure import Erased
from messaging.models import InboundAnswer, InboundMessage


def texts_of(*, store_id: int, contact_id: int) -> "QuerySet[InboundMessage]":
    """What a contact texted to the store, newest first. Index: the messages' contact."""
    return InboundMessage.objects.filter(store_id=store_id, contact_id=contact_id).order_by("-pk")


def forget(erased: Erased) -> int:
    """Clear phone and words of what a person texted to the store; how many texts. Within the caller's transaction.

    The row stays as evidence of the opt-out, without a way back to the person. Indexes: the messages' contact,
    inbound_phone. What is nobody's stays: it is not this store's to erase, staff's retention clears it.
    """
    whose = Q(contact_id=erased.contact_id)
    if erased.phone_hash is not None:
        whose |= Q(phone_hash=erased.phone_hash)
    rows = InboundMessage.objects.filter(whose, store_id=erased.store_id, erased_at=None)
    texts = list(rows.values_list("pk", flat=True))
    InboundAnswer.objects.filter(message_id__in=texts).update(phone_hash=b"")
    return rows.filter(pk__in=texts).update(phone=None, phone_hash=None, text="", erased_at=timezone.now())
