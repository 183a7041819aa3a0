"""Which recipient a receipt is about: by our own reference, else by the provider's id in the message log."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from config.opaque import recipients_of as marks_of
from config.sql import fetch
from messaging.receipts.queries import Waiting


class ByProvider(NamedTuple):
    """An attempt that the provider gave an id."""

    account_id: int
    provider_message_id: str
    recipient_id: int


def recipients_of(receipts: Sequence[Waiting]) -> dict[int, int]:
    """receipt id -> recipient id, for those that are known (yet)."""
    marks = marks_of(receipt.reference for receipt in receipts if receipt.reference)
    found = {receipt.receipt_id: marks[receipt.reference][0] for receipt in receipts if receipt.reference in marks}
    rest = [receipt for receipt in receipts if receipt.receipt_id not in found and receipt.provider_message_id]
    known = {(row.account_id, row.provider_message_id): row.recipient_id for row in _attempts(rest)}
    for receipt in rest:
        recipient_id = known.get((receipt.account_id, receipt.provider_message_id or ""))
        if recipient_id:
            found[receipt.receipt_id] = recipient_id
    return found


def _attempts(receipts: Sequence[Waiting]) -> list[ByProvider]:
    """Attempts by the provider's ids. Index: log_provider_id. An account settles only its own attempts."""
    if not receipts:
        return []
    sql = """
        SELECT l.account_id, l.provider_message_id, l.recipient_id
          FROM messaging_messagelog l
         WHERE l.kind = 'attempt'
           AND l.provider_message_id = ANY(%(ids)s)
           AND l.account_id = ANY(%(accounts)s)
    """
    ids = [receipt.provider_message_id for receipt in receipts]
    return fetch(sql, {"ids": ids, "accounts": list({receipt.account_id for receipt in receipts})}, ByProvider)


class HandedOver(NamedTuple):
    """A recipient and an account that he was handed over to."""

    recipient_id: int
    account_id: int


def handed_over(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of the (recipient, account) pairs of which there was an attempt. Index: log_recipient."""
    if not pairs:
        return set()
    sql = """
        SELECT DISTINCT l.recipient_id, l.account_id
          FROM messaging_messagelog l
         WHERE l.recipient_id = ANY(%(recipients)s)
           AND l.kind = 'attempt'
           AND l.account_id IS NOT NULL
    """
    found = fetch(sql, {"recipients": [recipient for recipient, _ in pairs]}, HandedOver)
    return {(row.recipient_id, row.account_id) for row in found} & set(pairs)
