"""The inbox of texts: a row before the provider gets its 2xx, and stays one."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from audiences.phones import phone_hash
from config.queues import Queue, Task, ring, waiting
from messaging.models import InboundMessage, ProviderAccount
from messaging.models.inbound import TEXT_MAX
from providers.interface import Inbound

RINGS = 2  # on their way at most: a drain works through everything that is there
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def store(account: ProviderAccount, texts: Sequence[Inbound]) -> int:
    """Write texts down, each once however often it comes; then ring for the drain. Returns how many came."""
    now = timezone.now()
    rows = [_row(account, text, now=now) for text in texts]
    InboundMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    depth = waiting(Queue.RECEIPTS)
    if depth is not None and depth < RINGS:
        ring(Task.APPLY_INBOUND)
    return len(rows)


def _row(account: ProviderAccount, text: Inbound, *, now: datetime) -> InboundMessage:
    phone = text.from_phone[:40]
    return InboundMessage(
        account_id=account.pk,
        dedupe=_dedupe(text, now=now),
        provider_message_id=(text.provider_message_id or "")[:80] or None,
        phone=phone,
        phone_hash=phone_hash(phone) if E164.fullmatch(phone) else None,
        to=number_of(text.to or ""),
        text=text.text[:TEXT_MAX],
        said_at=text.at,
    )


def _dedupe(text: Inbound, *, now: datetime) -> str:
    """What says neither an id nor a time is the same only within the hour: a second STOP next month is a new one."""
    whole = text.dedupe if len(text.dedupe) <= 120 else hashlib.sha256(text.dedupe.encode()).hexdigest()
    return whole if text.provider_message_id or text.at else f"{whole}:{now:%Y%m%d%H}"


def number_of(to: str) -> str:
    """A number of ours as it is compared: without +, 00 and what people write between digits; else as it came."""
    bare = re.sub(r"[\s().\-]", "", to.replace("\0", ""))
    digits = bare.removeprefix("+").removeprefix("00")
    return (digits if digits.isascii() and digits.isdecimal() else to.replace("\0", "").strip())[:40]


def keep_unreadable(account: ProviderAccount, body: bytes) -> None:
    """Keep a call that is the provider's but cannot be read, once, for a person; the watchdog tells of it."""
    row = InboundMessage(
        account_id=account.pk,
        dedupe=f"unreadable:{hashlib.sha256(body).hexdigest()}",
        meaning="unreadable",
        outcome="unreadable",
        applied_at=timezone.now(),
        text=body[:TEXT_MAX].decode("utf-8", "replace").replace("\0", ""),
    )
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
