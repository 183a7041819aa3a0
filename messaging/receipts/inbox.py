"""The inbox: a receipt is a row before the provider gets its 2xx, and stays one."""

import hashlib
from collections.abc import Sequence

from django.utils import timezone

from config.failpoints import reach
from config.queues import Queue, Task, ring, waiting
from messaging.models import ProviderAccount
from messaging.models import Receipt as Row
from messaging.receipts.queries import Word, keep
from providers.interface import Receipt

# Of a call that nobody can read this much is kept, for people.
RAW_MAX = 10_000
# More rings than this help nobody: one drain works through everything that is there.
RINGS = 4


def store(account: ProviderAccount, receipts: Sequence[Receipt]) -> int:
    """Write receipts down, each word once however often it comes; then ring for the drain. Returns how many came."""
    words = [
        Word(
            dedupe=_fit(receipt.dedupe, 120),
            reference=_fit(receipt.reference, 40) or None,
            provider_message_id=_fit(receipt.provider_message_id, 80) or None,
            status=receipt.status,
            raw_status=_fit(receipt.raw_status, 60),
            error_class=receipt.error_class or "",
            error_code=_fit(receipt.error_code, 60),
            parts=receipt.parts,
            happened_at=receipt.at,
        )
        for receipt in receipts
    ]
    reach("receipt.before_commit")
    keep(account_id=account.pk, words=words)
    reach("receipt.committed")
    depth = waiting(Queue.RECEIPTS)
    if depth is not None and depth < RINGS:
        ring(Task.APPLY_RECEIPTS)
    return len(words)


def _fit(said: str | None, length: int) -> str:
    """What a column can hold: a NUL cannot be stored, and would make the provider deliver the same bytes for hours."""
    return (said or "").replace("\0", "")[:length]


def keep_unreadable(account: ProviderAccount, body: bytes) -> None:
    """Keep a call that is the provider's but cannot be read, once: whoever mends the adapter can replay it."""
    Row.objects.bulk_create(
        [
            Row(
                account_id=account.pk,
                dedupe=f"unreadable:{hashlib.sha256(body).hexdigest()}",
                status="unknown",
                outcome="unreadable",
                applied_at=timezone.now(),
                raw=body[:RAW_MAX].decode("utf-8", "replace").replace("\0", ""),
            )
        ],
        ignore_conflicts=True,
    )
