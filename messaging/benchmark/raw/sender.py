"""Baseline of sending: claim and calling mark in one transaction, one bulk call, one transaction for its outcome."""

from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import orjson

from messaging.benchmark.raw.program import Link, Work, perform

CLAIM = """
    UPDATE campaigns_sendbatch b
       SET state = 'claimed', fence = b.fence + 1, claims = b.claims + 1, lease_until = now() + interval '60 seconds'
     WHERE b.id = (SELECT n.id
                     FROM campaigns_sendbatch n
                    WHERE n.campaign_id = %s
                      AND n.state = 'ready'
                    ORDER BY n.ready_at, n.id
                    LIMIT 1
                      FOR UPDATE SKIP LOCKED)
    RETURNING b.id
"""
MARK = """
    UPDATE campaigns_sendbatch
       SET state = 'calling', called_at = now(), attempt = attempt + 1, spent = spent + 1
     WHERE id = %s
"""
# The re-check: who opted out or was suppressed since the snapshot is not texted.
PEOPLE = """
    SELECT r.id, r.phone, coalesce(nullif(c.first_name, ''), 'there')
      FROM campaigns_campaignrecipient r
      JOIN audiences_contact c ON c.id = r.contact_id
     WHERE r.batch_id = %s
       AND r.status = 'pending'
       AND c.phone IS NOT NULL
       AND c.consent = 'opted_in'
       AND NOT EXISTS (SELECT
                         FROM audiences_suppression s
                        WHERE s.phone_hash = c.phone_hash
                          AND (s.store_id = c.store_id OR s.store_id IS NULL))
     ORDER BY r.id
"""
SENT = """
    WITH moved AS (
        UPDATE campaigns_campaignrecipient r
           SET status = 'sent', attempt = 1, charged = r.credits, sent_at = now()
          FROM unnest(%s::bigint[]) AS o (id)
         WHERE r.id = o.id
           AND r.status = 'pending'
        RETURNING r.credits, r.parts
    )
    SELECT count(*), coalesce(sum(credits), 0)::bigint, coalesce(sum(parts), 0)::bigint FROM moved
"""
LOG = """
    COPY messaging_messagelog (store_id, campaign_id, recipient_id, batch_id, attempt, kind, outcome,
                               provider_message_id, raw_status, error_class, error_code, text, at) FROM STDIN
"""
PROGRESS = """
    UPDATE campaigns_campaignprogress
       SET pending = pending - %(people)s, sent = sent + %(people)s, parts_sent = parts_sent + %(parts)s,
           credits_charged = credits_charged + %(credits)s, last_sent_at = now(), version = version + 1
     WHERE campaign_id = %(campaign)s
"""
DONE = "UPDATE campaigns_sendbatch SET state = 'done', settled_at = now(), claims = 0 WHERE id = %s"
MONEY = """
    WITH drawn AS (
        UPDATE billing_creditreservation
           SET charged = charged + %(credits)s
         WHERE id = %(reservation)s
        RETURNING account_id
    ), account AS (
        UPDATE billing_creditaccount a
           SET balance = balance - %(credits)s, held = held - %(credits)s, updated_at = now()
          FROM drawn d
         WHERE a.id = d.account_id
        RETURNING a.id, a.balance
    )
    INSERT INTO billing_ledgerentry
           (account_id, reservation_id, kind, amount, allowance, balance_after, key, label, actor, created_at)
    SELECT id, %(reservation)s, 'charge', -%(credits)s, 0, balance, %(key)s, 'Baseline', 'system', now()
      FROM account
"""


def prepare(link: Link, task: dict[str, Any]) -> Work:
    """Sends what is ready of `campaign`, to the simulator at `provider`."""
    before, after = task["literals"]
    address = urlsplit(task["provider"])
    http = HTTPConnection(address.hostname or "", address.port)
    http.connect()

    def work() -> dict[str, Any]:
        sent = 0
        while batch := _claim(link, task["campaign"]):
            batch_id, people = batch
            texts = [f"{before}{name}{after}" for *_, name in people]
            ids = _post(http, task, people, texts)
            sent += _settle(link, task, batch_id, people, texts, ids)
        return {"sent": sent}

    return work


def _claim(link: Link, campaign_id: int) -> tuple[int, list[tuple[Any, ...]]] | None:
    with link.transaction():
        row = link.execute(CLAIM, [campaign_id]).fetchone()
        if row is None:
            return None
        people = link.execute(PEOPLE, [row[0]]).fetchall()
        link.execute(MARK, [row[0]])
    return row[0], people


def _post(http: HTTPConnection, task: dict[str, Any], people: list[tuple[Any, ...]], texts: list[str]) -> list[str]:
    messages = [
        {
            "trafficAccountId": "benchmark",
            "destination": phone,
            "sms": {"text": text, "sender": "Benchmark"},
            "reference": f"{number:032x}",
        }
        for (number, phone, _), text in zip(people, texts, strict=True)
    ]
    headers = {"Content-Type": "application/json", "X-Mitto-API-Key": task["key"]}
    http.request("POST", "/api/v1.1/Messages/sendmessagesbulk", orjson.dumps({"messages": messages}), headers)
    answer = http.getresponse()
    found = orjson.loads(answer.read())["messages"]
    return [entry["messageId"] for entry in found]


def _settle(
    link: Link, task: dict[str, Any], batch_id: int, people: list[tuple[Any, ...]], texts: list[str], ids: list[str]
) -> int:
    on = (task["store"], task["campaign"])
    with link.transaction():
        row = link.execute(SENT, [[number for number, *_ in people]]).fetchone() or (0, 0, 0)
        moved, credits, parts = row
        now = datetime.now(UTC)
        with link.cursor().copy(LOG) as copy:
            for (number, *_), text, message_id in zip(people, texts, ids, strict=True):
                copy.write_row((*on, number, batch_id, 1, "attempt", "accepted", message_id, "", "", "", text, now))
        link.execute(PROGRESS, {"people": moved, "parts": parts, "credits": credits, "campaign": task["campaign"]})
        link.execute(DONE, [batch_id])
        key = f"batch:{batch_id}:1"
        link.execute(MONEY, {"credits": credits, "reservation": task["reservation"], "key": key})
    return int(moved)


if __name__ == "__main__":
    perform(prepare)
