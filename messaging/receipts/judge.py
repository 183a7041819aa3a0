"""What a receipt means for a recipient, without touching anything: the table of evidence.

Any receipt proves that the provider accepted the message; "undelivered" too. The highest rank wins, whatever the order
of arrival; a word that we do not know moves nothing.
"""

from typing import NamedTuple

from campaigns.queries.receipts import Change, Standing
from messaging.receipts.queries import Waiting
from providers.interface import RANKS

FINAL = {"delivered": "delivered", "undelivered": "undelivered", "expired": "undelivered"}


class Judgement(NamedTuple):
    """`outcome` of the receipt: applied, settled, captured, stale, unknown_word, anomaly, or early (look again).

    `change`: what becomes of the recipient, if anything.
    """

    outcome: str
    change: Change | None = None


def judge(receipt: Waiting, standing: Standing) -> Judgement:
    """The meaning of one receipt for a recipient who stands where he stands."""
    rank = RANKS[receipt.status]
    if standing.status == "pending":
        return Judgement("early" if standing.fresh else "anomaly")
    if standing.status in {"failed", "skipped", "cancelled"}:
        return Judgement("anomaly")
    status = FINAL.get(receipt.status, "sent")
    if standing.status in {"unknown", "unconfirmed"}:  # a word that we do not know proves it as well
        outcome = "settled" if standing.status == "unknown" else "captured"
        return Judgement(outcome, _change(receipt, standing, status=status, rank=rank, bill=True))
    if not rank:
        return Judgement("unknown_word")
    if rank <= standing.rank:
        return Judgement("stale")
    return Judgement("applied", _change(receipt, standing, status=status, rank=rank, bill=False))


def _change(receipt: Waiting, standing: Standing, *, status: str, rank: int, bill: bool) -> Change:
    reason = ""
    if status == "undelivered":
        reason = receipt.error_class or ("expired" if receipt.status == "expired" else "other")
    return Change(standing.recipient_id, status, rank, reason, receipt.error_code, bill)
