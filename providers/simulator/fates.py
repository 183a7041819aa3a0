"""What becomes of a message at the simulated provider, and which numbers always come to the same end.

Words are Mitto's; the other wire formats have tables of their own for them.
"""

from typing import Final, NamedTuple


class Word(NamedTuple):
    """One delivery status; `rank` orders what a look-up answers when several have been said."""

    status: str
    description: str | None
    rank: int


# Indexed by the code that the ledger keeps of each receipt sent: only ever append.
WORDS: Final = (
    Word("Sent", None, 2),
    Word("Delivered", None, 9),
    Word("Failure", "Unreachable", 8),
    Word("Expired", None, 8),
    Word("Failure", "Blocked", 8),
    Word("Teleported", None, 0),
    Word("Buffered", None, 3),
)
# What a look-up says as long as nothing else has been said.
PENDING: Final = Word("Pending", None, 1)
SENT, DELIVERED, UNREACHABLE, EXPIRED, BLOCKED, TELEPORTED, BUFFERED = range(len(WORDS))

# The receipts of an accepted message, in the order of their time; a fate that is not here is refused.
RECEIPTS: Final[dict[str, tuple[int, ...]]] = {
    "delivered": (DELIVERED,),
    "undelivered": (UNREACHABLE,),
    "expired": (EXPIRED,),
    "blocked": (BLOCKED,),
    "silent": (),
    "sent_only": (SENT,),
    "contradictory": (UNREACHABLE, DELIVERED),
    "unknown_word": (TELEPORTED,),
    "buffered": (BUFFERED, DELIVERED),
    "no_id": (DELIVERED,),
}
# Refused with an error for the item: never in the ledger. The words are Mitto's too.
REFUSALS: Final[dict[str, str]] = {"invalid": "InvalidDestination", "busy": "Busy", "opted_out": "OptedOut"}
FATES: Final = frozenset(RECEIPTS) | frozenset(REFUSALS)

# Numbers with one fixed end each, for demos and tests by hand.
NUMBERS: Final[dict[str, str]] = {
    "+306900000001": "delivered",
    "+306900000002": "undelivered",
    "+306900000003": "expired",
    "+306900000004": "invalid",
    "+306900000005": "silent",
    "+306900000006": "blocked",
    "+306900000007": "busy",
    "+306900000008": "contradictory",
    "+306900000009": "unknown_word",
    "+306900000010": "buffered",
    "+306900000011": "no_id",
    "+306900000012": "sent_only",
    "+306900000013": "opted_out",
}
