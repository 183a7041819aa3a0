"""Outcomes of messages, for endpoints that ask for them: read from the message log, behind those who write it.

Sending and receipts do nothing for this. A watermark walks over the log's primary key; many messages share a delivery.
Ids are given before they are committed, so a reader that simply went on from the newest line would miss those of a
transaction that commits later. Hence the range up to the newest line is read only once every transaction that had the
table open for writing when that line was seen has ended: whoever may own an id below it was among them.
"""

import time
from collections.abc import Iterator, Sequence

from django.db import transaction

from messaging.hooks.events import MESSAGE_EVENTS, moment
from messaging.hooks.outbox_queries import Outcome, newest_line, outcomes, writers
from messaging.hooks.publish import News, listening, ring_if_due, write_deliveries
from messaging.models import LogWatermark

NAME = "webhooks"
MOST = 500  # messages in one delivery
CHUNK = 5000  # lines of the log per transaction
SLICE_SECONDS = 20.0
PATIENCE_SECONDS = 2.0  # for writers; a settle takes far less, and who is frozen is left to the next sweep
EVENT_OF = {"delivered": "message.delivered", "undelivered": "message.failed", "failed": "message.failed"}


def publish_messages() -> dict[str, int]:
    """Read the log from the watermark to its final end, a slice at a time. {lines, deliveries, rung}.

    While nobody asks for messages the watermark jumps to the end and no line is read.
    """
    mark = LogWatermark.objects.get_or_create(name=NAME)[0]
    ends = time.monotonic() + SLICE_SECONDS
    counts = {"lines": 0, "deliveries": 0, "rung": 0}
    final = final_line()
    if final is None:
        return counts
    while mark.done < final and time.monotonic() < ends:
        hearers = listening(store_ids=None, events=MESSAGE_EVENTS)
        until = min(mark.done + CHUNK, final) if hearers else final
        with transaction.atomic():
            mine = LogWatermark.objects.filter(pk=mark.pk, done=mark.done).update(done=until)
            if not mine:
                return counts  # another sweep is at it
            if hearers:
                found = outcomes(after=mark.done, until=until, stores=list(hearers))
                counts["deliveries"] += write_deliveries(list(_news(found, mark.done, until)), hearers)
                counts["lines"] += until - mark.done
        mark.done = until
    return {**counts, "rung": ring_if_due() if counts["deliveries"] else 0}


def final_line() -> int | None:
    """The newest line of the log below which nothing can appear any more; None when a writer took too long to end."""
    newest = newest_line()
    before = writers()
    ends = time.monotonic() + PATIENCE_SECONDS
    while before & writers():
        if time.monotonic() > ends:
            return None
        time.sleep(0.05)
    return newest


def _news(found: Sequence[Outcome], after: int, until: int) -> Iterator[News]:
    groups: dict[tuple[int, str], list[Outcome]] = {}
    for row in found:
        groups.setdefault((row.store_id, EVENT_OF[row.status]), []).append(row)
    for (store_id, event), rows in groups.items():
        for number, start in enumerate(range(0, len(rows), MOST)):
            part = rows[start : start + MOST]
            yield News(
                store_id=store_id,
                event=event,
                source=f"log:{after}-{until}:{event.partition('.')[2]}:{number}",
                data={"messages": [_message(row) for row in part]},
                happened_at=part[-1].at,
            )


def _message(row: Outcome) -> dict[str, object]:
    return {
        "id": row.recipient_id,
        "campaign": row.campaign_id,
        "contact": row.contact_id,
        "status": row.status,
        "reason": row.reason,
        "error_code": row.error_code,
        "at": moment(row.at),
    }
