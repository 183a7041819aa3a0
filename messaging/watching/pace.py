"""How fast a store may send at the moment, for people who look."""

import time

from django.conf import settings

from audiences.models import Store
from campaigns.forecast import Pace
from messaging.accounts import account_for
from messaging.sending.limits import current_share

# A store's pace is asked for by everybody who watches, and costs a question to Redis, which may hang.
FRESH_SECONDS = 5.0
_known: dict[int, tuple[float, Pace]] = {}


def pace_of(store_id: int) -> Pace:
    """The store's pace, at most FRESH_SECONDS old; each process keeps its own."""
    now = time.monotonic()
    known = _known.get(store_id)
    if known is None or now - known[0] > FRESH_SECONDS:
        if len(_known) > 10_000:
            _known.clear()
        known = _known[store_id] = (now, look_up(store_id))
    return known[1]


def look_up(store_id: int) -> Pace:
    """The limits as they are now: of the provider account that would be taken, and of the store."""
    if settings.QUEUE_DISABLED:
        return Pace(0.0, 0.0, "queue_disabled")
    store = Store.objects.filter(pk=store_id, status="active", sending_stopped=False).first()
    if store is None:
        return Pace(0.0, 0.0, "store_stopped")
    account = account_for(store_id)
    if account is None:
        return Pace(0.0, 0.0, "no_route")
    limit = settings.LIMIT_STORE_RATE
    full = float(min(account.parts_per_second, limit) if limit else account.parts_per_second)
    # Redis does not answer: each process keeps to its own slow rate, and nobody here knows how many there are.
    allowed = account.parts_per_second * current_share(account.pk) or float(settings.LIMIT_LOCAL_RATE)
    return Pace(min(allowed, full), full, quiet=store.quiet_from is not None)
