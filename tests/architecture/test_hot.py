"""Every hot statement stands in one table here or in test_sql, and reads by the keys that are named beside it."""

import inspect
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import transaction

from billing import queries as money
from campaigns.queries import batches, claim, finish, progress, receipts, settle, snapshot, unknown
from messaging.links import queries as links
from messaging.receipts import queries as inbox
from tests.architecture import test_sql
from tests.architecture.test_sql import CALLS, Explained, batch

explained = test_sql.explained
HOT = (claim, settle, progress, receipts, finish, batches, unknown, snapshot, money, inbox, links)
# Neither reads a table: COPY, settings of a transaction, and what only calls the others.
WITHOUT_PLAN = {"copy_recipients", "by_key", "count_moves", "hurry"}
HOT_TABLES = re.compile(r"Seq Scan on (campaigns_|messaging_|billing_)\w+")
# Where a test's few rows make another index as cheap, either will do.
CAMPAIGN, OPEN_BATCH = "campaigns_campaign_pkey|campaign_store", "campaigns_sendbatch_pkey|batch_open"
BATCH, PERSON, PROGRESS = "campaigns_sendbatch_pkey", "campaigns_campaignrecipient_pkey", "campaignprogress_pkey"
OF_BATCH = "campaigns_campaignrecipient_batch_id"
HOLD, ACCOUNT = "billing_creditreservation_pkey|reservation_open", "billing_creditaccount_pkey"


def money_call(call: Callable[..., Any], **more: Any) -> Callable[[], Any]:
    return lambda: call(reservation_id=batch().reservation_id, **more)


def first_change() -> receipts.Change:
    return receipts.Change(1, "delivered", 9, "", "", bill=False)


# The statement, and the keys and indexes that its plan must have.
STATEMENTS: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "served": (lambda: claim.served(store_id=batch().store_id, priority=5), ("lane_once",)),
    "soonest_ready": (claim.soonest_ready, ("campaign_live", "batch_ready")),
    "mark_calling": (lambda: claim.mark_calling(batch_id=1, fence=1, account_id=1), (OPEN_BATCH, CAMPAIGN)),
    "unmark": (lambda: claim.unmark(batch_id=1, fence=1), (BATCH,)),
    "give_back": (lambda: claim.give_back(batch_id=1, fence=1, seconds=1, error=""), (OPEN_BATCH,)),
    "put_off": (lambda: claim.put_off(campaign_id=batch().campaign_id, seconds=1), ("batch_ready", BATCH)),
    "lock_poison": (lambda: claim.lock_poison(claims=10), ("batch_open",)),
    "expire_leases": (lambda: claim.expire_leases(5), ("batch_open", BATCH)),
    "waiting": (lambda: claim.waiting(batch().pk), (OF_BATCH,)),
    "hold_erased": (lambda: settle.hold_erased([1]), (PERSON,)),
    "hold_batch": (lambda: settle.hold_batch(batch_id=1, fence=1), (BATCH,)),
    "hold_live": (lambda: settle.hold_live(1), (CAMPAIGN,)),
    "lock_unresolved": (lambda: settle.lock_unresolved(1), (OF_BATCH,)),
    "move_pending": (lambda: settle.move_pending(batch_id=1, status="failed", reason="other"), (OF_BATCH,)),
    "skip": (lambda: settle.skip(ids=[1], reasons=["suppressed"]), (PERSON,)),
    "has_unknown": (lambda: settle.has_unknown(1), (OF_BATCH,)),
    "end_batch": (
        lambda: settle.end_batch(batch_id=0, state="done", wait_seconds=0, refund_try=False, error_class="", error=""),
        (BATCH,),
    ),
    "add_to_progress": (
        lambda: progress.add_to_progress(campaign_id=0, delta=Counter(new_sent=1), settles=True),
        (PROGRESS,),
    ),
    "add_to_latencies": (
        lambda: progress.add_to_latencies(campaign_id=batch().campaign_id, buckets=Counter({1: 1})),
        (),
    ),
    "add_to_reasons": (
        lambda: progress.add_to_reasons(campaign_id=batch().campaign_id, reasons=Counter({("failed", "other"): 1})),
        (),
    ),
    "add_pending": (lambda: snapshot.add_pending(campaign_id=0, recipients=1), (PROGRESS,)),
    "record_evidence": (lambda: receipts.record_evidence([first_change()._replace(recipient_id=0)]), (PERSON,)),
    "finish_if_drained": (lambda: finish.finish_if_drained(batch().campaign_id), (PROGRESS, CAMPAIGN)),
    "standing": (lambda: finish.standing(batch().campaign_id), (PROGRESS, CAMPAIGN)),
    "open_credits": (
        lambda: finish.open_credits(campaign_id=batch().campaign_id, reservation_id=1),
        (OF_BATCH,),
    ),
    "ended_with_open_holds": (lambda: finish.ended_with_open_holds(limit=5), ("reservation_open",)),
    "give_up": (lambda: unknown.give_up(1), (OF_BATCH,)),
    "hold": (lambda: money.hold(store_id=batch().store_id, amount=1, key="k", label=""), ("creditaccount_store_id",)),
    "charge": (money_call(money.charge, amount=0, key="c", label=""), (HOLD, ACCOUNT)),
    "release": (money_call(money.release, amount=0), (HOLD, ACCOUNT)),
    "close": (money_call(money.close), (HOLD, ACCOUNT)),
    "tick_off": (lambda: inbox.tick_off([inbox.Done(1, "applied", 1)]), ("messaging_receipt_pkey", PERSON)),
    "look_again_soon": (lambda: inbox.look_again_soon([1]), ("messaging_receipt_pkey",)),
    "look_again_later": (lambda: inbox.look_again_later([1]), ("messaging_receipt_pkey",)),
    "mark_counted": (lambda: links.mark_counted([1]), ("messaging_click_pkey",)),
}


def test_every_hot_statement_is_pinned() -> None:
    written = {
        name
        for module in HOT
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    pinned = {function.__name__ for function, _ in CALLS.values()} | set(STATEMENTS)

    assert written - pinned - WITHOUT_PLAN == set()
    assert set(STATEMENTS) <= written


def test_hot_statements_read_by_their_keys(explained: Explained) -> None:
    wrong = {}
    for name, (call, keys) in STATEMENTS.items():
        with transaction.atomic():
            plan = explained(call)
            transaction.set_rollback(True)
        if HOT_TABLES.search(plan) or not all(re.search(key, plan) for key in keys):
            wrong[name] = (keys, plan)

    assert wrong == {}
