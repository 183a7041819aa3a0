"""Is this phone suppressed? Asked by its keyed hash; the number is kept nowhere."""

from typing import NamedTuple

from django.db.models import Q

from audiences.models import Suppression
from audiences.phones import phone_hash


class Found(NamedTuple):
    """The store's own suppressions of a phone, the newest first, and whether it is suppressed for every store."""

    own: list[Suppression]
    everywhere: bool

    def of(self, reason: str) -> Suppression | None:
        """The store's own for this reason."""
        return next((row for row in self.own if row.reason == reason), None)


def look_up(*, store_id: int, phone: str) -> Found:
    """What stands against texting a phone (E.164) from a store. Index: suppression_once."""
    found = Suppression.objects.filter(Q(store_id=store_id) | Q(store=None), phone_hash=phone_hash(phone))
    rows = list(found.order_by("-pk"))
    return Found([row for row in rows if row.store_id == store_id], any(row.store_id is None for row in rows))
