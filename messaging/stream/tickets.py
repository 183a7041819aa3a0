"""The right to open one stream, carried in its address: an EventSource cannot send a key."""

from typing import NamedTuple

from django.core import signing

from config.opaque import private_id, public_id

SALT = "heliograph.stream"
VALID_SECONDS = 60


class Ticket(NamedTuple):
    """Whose progress may be watched."""

    campaign_id: int
    store_id: int


def issue(ticket: Ticket) -> str:
    """The ticket as text, good for VALID_SECONDS; a stream that is open by then stays open."""
    ids = [public_id(ticket.campaign_id, kind="cmp"), public_id(ticket.store_id, kind="str")]
    return signing.dumps(ids, salt=SALT)


def read(text: str) -> Ticket | None:
    """The ticket behind a text, or None when it is forged, expired or something else."""
    try:
        campaign, store = signing.loads(text, salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        return None
    campaign_id, store_id = private_id(campaign, kind="cmp"), private_id(store, kind="str")
    return Ticket(campaign_id, store_id) if campaign_id and store_id else None
