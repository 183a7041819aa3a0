"""Hot SQL: its literals are known states, and the planner uses the index that the docstring names."""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models.stores import STORE_STATUSES
from audiences.states import IMPORT
from billing import low_credits
from billing.states import PAYMENT, RESERVATION
from campaigns.models import (
    Campaign,
    CampaignLink,
    CampaignProgress,
    CampaignRecipient,
    CampaignSnapshot,
    SendBatch,
    StoreLane,
)
from campaigns.queries import automations, batches, claim, clicks, counters, finish, receipts, settle, unknown, watching
from campaigns.states import BATCH, CAMPAIGN, RECIPIENT
from messaging import polling
from messaging.hooks import outbox_queries as outbox
from messaging.hooks import queries as hooks
from messaging.inbound import queries as texts
from messaging.links import queries as links
from messaging.models import Click
from messaging.models.hooks import ENDPOINT_STATUSES
from messaging.ops import queries as ops
from messaging.receipts import match
from messaging.receipts import queries as inbox
from messaging.states import ANSWER, DELIVERY, REVIEW
from messaging.stream import stores
from tests.architecture.source import ROOT, python
from tests.factories import WebhookEndpointFactory
from tests.hooks.steps import told
from tests.steps import claimed, launched, marked

MACHINES = (CAMPAIGN, BATCH, RECIPIENT, RESERVATION, PAYMENT, IMPORT, DELIVERY, REVIEW, ANSWER)
KNOWN = {state for machine in MACHINES for state in machine.states} | {*STORE_STATUSES, *ENDPOINT_STATUSES}
COMPARED = re.compile(r"\b(?:status|state)\s*(?:=|<>|!=)\s*'([^']*)'")
LISTED = re.compile(r"\b(?:status|state)\s+(?:NOT\s+)?IN\s*\(([^)]*)\)")
QUERIES = [path for path in python(apps_only=True) if "queries" in path.as_posix()]
Explained = Callable[[Callable[[], Any]], str]


def statements(text: str) -> Iterator[str]:
    """The string literals of a module that are SQL."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " = " in node.value:
            yield node.value


def literals(sql: str) -> set[str]:
    listed = {word for group in LISTED.findall(sql) for word in re.findall(r"'([^']*)'", group)}
    return listed | set(COMPARED.findall(sql))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_state_in_the_sql_is_one_of_ours(path: Any) -> None:
    found = {word for sql in statements(path.read_text()) for word in literals(sql)}

    assert found - KNOWN == set()


def test_there_is_sql_to_look_at() -> None:
    found = {word for path in QUERIES for sql in statements(path.read_text()) for word in literals(sql)}

    assert {"pending", "calling", "open", "unknown"} <= found
    assert len(QUERIES) >= 9


@pytest.fixture
def explained(db: None) -> Explained:
    """Runs a call and gives the plans of its statements, made without sequential scans."""
    crowd(launched(people=45))
    with connection.cursor() as cursor:
        # Nobody is in it here; pages that other tests left behind would make another index look as cheap.
        cursor.execute("TRUNCATE campaigns_automationfire CASCADE")
        cursor.execute("ANALYZE")  # every table: what other tests left in the statistics must not decide
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    def plan(call: Callable[[], Any]) -> str:
        plans.clear()
        with connection.execute_wrapper(explain):
            call()
        return "\n".join(plans)

    return plan


def crowd(campaign: Campaign) -> None:
    """Rows of many others, so that an index is worth looking into."""
    marked(claimed())
    past = {"reservation_id": 1, "store_id": 1, "size": 1, "parts": 1, "state": "done"}
    SendBatch.objects.bulk_create(SendBatch(campaign_id=campaign.pk + 1 + n % 50, **past) for n in range(600))
    CampaignRecipient.objects.bulk_create(
        CampaignRecipient(
            store_id=1, campaign_id=1, batch_id=n // 20, contact_id=n, phone=f"+3069{n:08d}", parts=1, credits=1
        )
        for n in range(2000)
    )
    StoreLane.objects.bulk_create(StoreLane(store=campaign.store, priority=n) for n in range(10, 400))
    drafts = [Campaign(store=campaign.store, name="Draft", audience={"kind": "all"}) for _ in range(200)]
    others = Campaign.objects.bulk_create(drafts)
    CampaignProgress.objects.bulk_create(CampaignProgress(campaign=each) for each in others)
    CampaignSnapshot.objects.bulk_create(CampaignSnapshot(campaign=each, bound=1, done_at=Now()) for each in others)
    told(WebhookEndpointFactory.create(store=campaign.store), 300)
    Click.objects.bulk_create(
        Click(store_id=1, campaign_id=1, recipient_id=n, number=1, human=True, counted=n > 9) for n in range(1000)
    )
    CampaignLink.objects.bulk_create(CampaignLink(campaign=each, number=1, url="https://a.example") for each in others)


def batch() -> SendBatch:
    return SendBatch.objects.order_by("pk")[0]


CALLS: dict[str, tuple[Callable[..., Any], Callable[[], Any]]] = {
    "claim_batch": (
        claim.claim_batch,
        lambda: claim.claim_batch(campaign_id=batch().campaign_id, owner="x", lease_seconds=60),
    ),
    "turns": (claim.turns, lambda: claim.turns(5)),
    "drained_campaigns": (finish.drained_campaigns, lambda: finish.drained_campaigns(5)),
    "take_batch_of_cancelled": (finish.take_batch_of_cancelled, finish.take_batch_of_cancelled),
    "lock_standing": (receipts.lock_standing, lambda: receipts.lock_standing([1, 2])),
    "close_resolved": (receipts.close_resolved, lambda: receipts.close_resolved(batch().campaign_id)),
    "move_to_batch": (batches.move_to_batch, lambda: batches.move_to_batch(ids=[], batch_id=1, status="failed")),
    "record_outcomes": (
        settle.record_outcomes,
        lambda: settle.record_outcomes([settle.Verdict(1, "sent", "", "")], attempt=1, late=False),
    ),
    "overdue_batch": (
        unknown.overdue_batch,
        lambda: unknown.overdue_batch(default_hours=72.0, hours_by_account={1: 1.0}),
    ),
    "keep": (
        inbox.keep,
        lambda: inbox.keep(account_id=1, words=[inbox.Word("d", None, "m", "sent", "Sent", "", "", None, None)]),
    ),
    "take": (inbox.take, lambda: inbox.take(5)),
    "handed_over": (match.handed_over, lambda: match.handed_over({(1, 1)})),
    "turns of webhooks": (hooks.turns, lambda: hooks.turns(5, slots=3, troubled=None)),
    "take of webhooks": (hooks.take, lambda: hooks.take(1, slots=3, lease_seconds=30.0)),
    "expire_leases of webhooks": (hooks.expire_leases, lambda: hooks.expire_leases(5)),
    "bury": (hooks.bury, lambda: hooks.bury(5)),
    "hurry": (hooks.hurry, lambda: hooks.hurry(1, limit=5)),
    "publish_consents": (outbox.publish_consents, lambda: outbox.publish_consents(5, opt_outs=[1], opt_ins=[1])),
    "outcomes": (outbox.outcomes, lambda: outbox.outcomes(after=0, until=5000, stores=[1])),
    "opt_outs_after": (
        automations.opt_outs_after,
        lambda: automations.opt_outs_after(automation_id=1, store_id=batch().store_id, since=timezone.now(), days=7),
    ),
    "newly_low": (low_credits.newly_low, lambda: low_credits.newly_low(limit=5)),
    "recovered": (low_credits.recovered, lambda: low_credits.recovered(limit=5)),
    "counters": (counters.counters, lambda: counters.counters(batch().campaign_id)),
    "latencies": (watching.latencies, lambda: watching.latencies(batch().campaign_id)),
    "clicked": (watching.clicked, lambda: watching.clicked(batch().campaign_id)),
    "movement": (watching.movement, lambda: watching.movement(batch().campaign_id)),
    "handed": (watching.handed, lambda: watching.handed(batch().campaign_id)),
    "sample_of_codes": (
        watching.sample_of_codes,
        lambda: watching.sample_of_codes(campaign_id=batch().campaign_id, batches=5),
    ),
    "opt_outs": (
        watching.opt_outs,
        lambda: watching.opt_outs(store_id=batch().store_id, campaign_id=1, start=timezone.now(), end=timezone.now()),
    ),
    "asked_for": (polling.asked_for, lambda: list(polling.asked_for(5))),
    "lines": (stores._lines, lambda: stores._lines([batch().store_id])),
    "target of a link": (links.target, lambda: links.target(recipient_id=1, number=1)),
    "uncounted clicks": (links.uncounted, lambda: links.uncounted(5)),
    "clicked_before": (links.clicked_before, lambda: links.clicked_before([links.Pair(1, 1)])),
    "first_clicks": (clicks.first_clicks, lambda: clicks.first_clicks([clicks.FirstClick(1, timezone.now())])),
    "count_on_links": (clicks.count_on_links, lambda: clicks.count_on_links([clicks.OnLink(1, 1, 1, 1, 1)])),
    "count_on_campaigns": (
        clicks.count_on_campaigns,
        lambda: clicks.count_on_campaigns([clicks.OnCampaign(1, 1, 1, 1)]),
    ),
    "take_one": (texts.take_one, texts.take_one),
    "texters": (texts.texters, lambda: texts.texters(phone="+306971112233", phone_hash=b"x" * 16, account_id=1)),
    "gauges of the first page": (ops.gauges, ops.gauges),
    "minutes of the house": (ops.minutes, lambda: ops.minutes(since=timezone.now())),
    "lock_lost_call": (claim.lock_lost_call, lambda: claim.lock_lost_call(stale_seconds=90.0)),
}


def test_the_plans_use_the_indexes_that_the_docstrings_name(explained: Explained) -> None:
    known, missing = indexes(), {}
    for name, (function, call) in CALLS.items():
        plan = explained(call)
        assert "Seq Scan on campaigns_campaignrecipient" not in plan, name
        assert "Seq Scan on campaigns_sendbatch" not in plan, name
        if unused := {
            word for word in re.findall(r"\w+", function.__doc__ or "") if word in known and word not in plan
        }:
            missing[name] = (unused, plan)

    assert missing == {}


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        return {name for (name,) in cursor.fetchall()}


def test_most_of_these_name_an_index(db: None) -> None:
    named = {
        name for name, (function, _) in CALLS.items() if set(re.findall(r"\w+", function.__doc__ or "")) & indexes()
    }

    assert len(named) >= 7
