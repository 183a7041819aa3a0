"""Baseline of receipts: into the inbox by COPY, then applied, 1000 at a time, a transaction each."""

from datetime import UTC, datetime
from typing import Any

from messaging.benchmark.raw.program import Link, Work, perform

MESSAGES = """
    SELECT l.recipient_id, l.provider_message_id
      FROM messaging_messagelog l
      JOIN campaigns_campaignrecipient r ON r.id = l.recipient_id
     WHERE r.campaign_id = %s
       AND l.kind = 'attempt'
     ORDER BY l.recipient_id
"""
INBOX = """
    COPY messaging_receipt (account_id, dedupe, reference, provider_message_id, status, raw_status, error_class,
                            error_code, tries, outcome, raw) FROM STDIN
"""
TAKE = """
    SELECT id
      FROM messaging_receipt
     WHERE applied_at IS NULL
       AND dedupe = ANY(%s)
       FOR UPDATE SKIP LOCKED
"""
DELIVERED = """
    UPDATE campaigns_campaignrecipient r
       SET status = 'delivered', rank = 9, final_at = now()
      FROM unnest(%s::bigint[]) AS o (id)
     WHERE r.id = o.id
       AND r.rank < 9
"""
LOG = """
    COPY messaging_messagelog (store_id, campaign_id, recipient_id, attempt, kind, outcome, provider_message_id,
                               raw_status, error_class, error_code, text, at) FROM STDIN
"""
TICK = """
    UPDATE messaging_receipt r
       SET applied_at = now(), outcome = 'applied'
      FROM unnest(%s::bigint[]) AS o (id)
     WHERE r.id = o.id
"""
PROGRESS = """
    UPDATE campaigns_campaignprogress
       SET sent = sent - %(people)s, delivered = delivered + %(people)s, version = version + 1
     WHERE campaign_id = %(campaign)s
"""


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """Every `workers`-th thousand of the messages of `campaign`, from `number` on."""
    size = task["size"]
    rows = link.execute(MESSAGES, [task["campaign"]]).fetchall()
    chunks = [rows[at : at + size] for at in range(0, len(rows), size)][task["number"] :: task["workers"]]

    def work() -> dict[str, Any]:
        for chunk in chunks:
            _store(link, chunk)
            _apply(link, task, chunk)
        return {"applied": sum(map(len, chunks))}

    return work


def _store(link: Link, chunk: list[tuple[Any, ...]]) -> None:
    with link.transaction(), link.cursor().copy(INBOX) as copy:
        for number, message_id in chunk:
            copy.write_row(
                (1, f"raw:{message_id}", f"{number:032x}", message_id, "delivered", "Delivered", "", "", 0, "", "")
            )


def _apply(link: Link, task: dict[str, Any], chunk: list[tuple[Any, ...]]) -> None:
    now = datetime.now(UTC)
    with link.transaction():
        taken = link.execute(TAKE, [[f"raw:{message_id}" for _, message_id in chunk]]).fetchall()
        moved = link.execute(DELIVERED, [[number for number, _ in chunk]]).rowcount
        with link.cursor().copy(LOG) as copy:
            for number, message_id in chunk:
                copy.write_row(
                    (task["store"], task["campaign"], number, 1, "receipt", "delivered", message_id, "Delivered", "",
                     "", "", now)
                )  # fmt: skip
        link.execute(TICK, [[row[0] for row in taken]])
        link.execute(PROGRESS, {"people": moved, "campaign": task["campaign"]})


if __name__ == "__main__":
    perform(prepare)
