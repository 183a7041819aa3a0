"""The right to open one stream, carried in its address: an EventSource cannot send a key."""

from typing import NamedTuple

from django.core import signing

from config.opaque import private_id, public_id

SALT = "heliograph.stream"
VALID_SECONDS = 60
WHOLE_STORE = 0


class Ticket(NamedTuple):
    """Whose progress may be watched: a campaign's, or with WHOLE_STORE the whole store's."""

    campaign_id: int
    store_id: int

    @property
    def path(self) -> str:
        """Where the stream process has it."""
        if self.campaign_id == WHOLE_STORE:
            return f"/stream/stores/{public_id(self.store_id, kind='str')}"
        return f"/stream/campaigns/{public_id(self.campaign_id, kind='cmp')}"


def issue(ticket: Ticket) -> str:
    """The ticket as text, good for VALID_SECONDS; a stream that is open by then stays open."""
    campaign = public_id(ticket.campaign_id, kind="cmp") if ticket.campaign_id != WHOLE_STORE else ""
    return signing.dumps([campaign, public_id(ticket.store_id, kind="str")], salt=SALT)


def read(text: str) -> Ticket | None:
    """The ticket behind a text, or None when it is forged, expired or something else."""
    try:
        campaign, store = signing.loads(text, salt=SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        return None
    store_id = private_id(store, kind="str")
    campaign_id = private_id(campaign, kind="cmp") if campaign else WHOLE_STORE
    return Ticket(campaign_id, store_id) if store_id and campaign_id is not None else None
