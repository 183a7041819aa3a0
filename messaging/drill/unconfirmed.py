"""Every recipient that ended unconfirmed, explained one by one."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from campaigns.models import CampaignRecipient
from messaging.drill.ledger import Taken
from messaging.models import MessageLog


class Unconfirmed(NamedTuple):
    """`ids`: all of them. `why`: recipients by cause. `unexplained`, `settleable`: ids for which there is no excuse.

    `beside`: whom the provider did not take, of batches of which it took others who are unconfirmed too: the answer
    that said so was lost, by a fault or because it came after our deadline.
    """

    ids: set[int]
    why: Counter[str]
    unexplained: list[int]
    settleable: list[int]
    cut_batches: set[int]
    beside: frozenset[int] = frozenset()


class Row(NamedTuple):
    """An unconfirmed recipient with his batch and the process that had it last."""

    recipient_id: int
    batch_id: int
    owner: str


def explain(*, dead: Collection[int], taken: Sequence[Taken], echoes: bool) -> Unconfirmed:
    """`dead`: process ids of send workers that were killed.

    An excuse is an unclear answer in the message log, or a call that nobody logged because its worker was killed.
    No excuse helps if the provider took the message and a receipt about it was delivered, with our reference in it.
    """
    unconfirmed = CampaignRecipient.objects.filter(status="unconfirmed").order_by("pk")
    rows = [Row(*values) for values in unconfirmed.values_list("pk", "batch_id", "batch__owner")]
    unsure = dict(
        MessageLog.objects.filter(
            recipient_id__in=[row.recipient_id for row in rows], kind="attempt", outcome="unsure"
        ).values_list("recipient_id", "error_code")
    )
    proved = {one.recipient_id for one in taken if one.receipts and one.fate != "unknown_word"}
    found = Unconfirmed({row.recipient_id for row in rows}, Counter(), [], [], set())
    for row in rows:
        if row.recipient_id in unsure:
            found.why[f"unclear answer: {unsure[row.recipient_id]}"] += 1
        elif _pid(row.owner) in dead:
            found.why["worker killed between mark and settle"] += 1
            found.cut_batches.add(row.batch_id)
        else:
            found.unexplained.append(row.recipient_id)
        if echoes and row.recipient_id in proved:
            found.settleable.append(row.recipient_id)
    return found._replace(beside=_beside([row for row in rows if row.recipient_id in unsure], taken))


def _beside(unsure: Sequence[Row], taken: Sequence[Taken]) -> frozenset[int]:
    reached = {one.recipient_id for one in taken}
    half = {row.batch_id for row in unsure if row.recipient_id in reached}
    return frozenset(row.recipient_id for row in unsure if row.batch_id in half and row.recipient_id not in reached)


def _pid(owner: str) -> int:
    """The process in a claim's `host:pid:thread`; 0 in anything else."""
    parts = owner.split(":")
    return int(parts[1]) if len(parts) == 3 else 0
