"""Is this phone suppressed? Asked by its keyed hash; the number is kept nowhere."""

from typing import NamedTuple

from django.db.models import Q

from audiences.models import Suppression
from audiences.phones import phone_hash


class Found(NamedTuple):
    """The store's own suppression of a phone, and whether staff suppressed it for every store."""

    own: Suppression | None
    everywhere: bool


def look_up(*, store_id: int, phone: str) -> Found:
    """What stands against texting a phone (E.164) from a store. Index: suppression_once."""
    rows = list(Suppression.objects.filter(Q(store_id=store_id) | Q(store=None), phone_hash=phone_hash(phone)))
    own = next((row for row in rows if row.store_id == store_id), None)
    return Found(own, any(row.store_id is None for row in rows))
