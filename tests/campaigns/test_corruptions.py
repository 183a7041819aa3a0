"""More than twenty ways to break the books behind everybody's back: the doctor names each, and mends what follows from
other rows."""

import json
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from audiences.models import Store
from billing.models import LedgerEntry, Package, Payment
from billing.services import grant, refund, reverse
from billing.subscriptions import set_plan
from campaigns.models import CampaignRecipient
from config.audit import SYSTEM
from providers.interface import Accepted, Refused, Unsure
from tests.campaigns.roads import handed_over
from tests.factories import some_plans
from tests.steps import launched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound() -> None:
    """These tests break what the others prove: no proof afterwards."""


@pytest.fixture(autouse=True)
def house(store: Store) -> None:
    """A campaign with one sent, one failed, one unknown; one through and refunded; one on its way; a plan; money."""
    handed_over([Accepted("m-1"), Refused("invalid_number", "7", retryable=False), Unsure("timeout")])
    through = handed_over([Accepted("m-2")])
    recipient = CampaignRecipient.objects.get(campaign=through)
    charged = LedgerEntry.objects.get(reservation=through.reservation, kind="charge")
    refund(charge_key=charged.key, amount=1, key=f"refund:{recipient.pk}", label="Undelivered")
    launched(people=2)
    some_plans()
    set_plan(store_id=store.pk, plan="starter", status="active", actor=SYSTEM)
    bought: dict[str, Any] = {
        "kind": "package",
        "package": Package.objects.create(name="A", credits=100, price_cents=9),
    }
    paid: dict[str, Any] = {"status": "paid", "session": "cs_1", "intent": "pi_1", "paid_at": timezone.now()}
    Payment.objects.create(
        store=store, credits=100, credits_taken=10, amount_cents=9, currency="EUR", actor="system", **bought, **paid
    )
    grant(store_id=store.pk, amount=100, key="stripe:cs_1", label="A", actor=SYSTEM, kind="purchase")
    reverse(purchase_key="stripe:cs_1", amount=-10, key="stripe:ch_1", label="Refunded")


class Breach(NamedTuple):
    """What is broken, in SQL, and whether it follows from other rows. `without`: a (table, CHECK) that forbids it."""

    sql: str
    derivable: bool = False
    without: tuple[str, str] | None = None


ENDED = "(SELECT id FROM campaigns_campaign WHERE status = 'completed' ORDER BY id LIMIT 1)"
LIVE = "(SELECT id FROM campaigns_campaign WHERE status = 'sending')"
SENT = f"(SELECT min(id) FROM campaigns_campaignrecipient WHERE campaign_id = {ENDED} AND status = 'sent')"
CHARGE = "(SELECT min(id) FROM billing_ledgerentry WHERE kind = 'charge')"
BREACHES = {
    "account.balance": Breach("UPDATE billing_creditaccount SET balance = balance + 1"),
    "account.allowance": Breach("UPDATE billing_creditaccount SET allowance = allowance + 1"),
    "account.held": Breach("UPDATE billing_creditaccount SET held = held + 1", derivable=True),
    "account.allowance_held": Breach(
        "UPDATE billing_creditaccount SET allowance_held = 1 WHERE allowance > 0", derivable=True
    ),
    "account.overdraft": Breach("UPDATE billing_creditaccount SET overdraft = 5", derivable=True),
    "reservation.charged": Breach(
        "UPDATE billing_creditreservation SET charged = charged + 1 WHERE state = 'open' AND charged > 0"
    ),
    "reservation.remaining": Breach(
        "UPDATE billing_creditreservation SET charged = 0 WHERE state = 'closed'",
        without=("billing_creditreservation", "reservation_closed_is_empty"),
    ),
    "entry.balance_after": Breach(
        "UPDATE billing_ledgerentry SET balance_after = balance_after + 1 WHERE kind = 'purchase'"
    ),
    "entry.refunded": Breach("UPDATE billing_ledgerentry SET amount = 9 WHERE kind = 'refund'"),
    "entry.refers_to": Breach("UPDATE billing_ledgerentry SET refers_to_id = NULL WHERE kind = 'refund'"),
    "entry.payment": Breach("UPDATE billing_payment SET session = 'cs_other'"),
    "payment.purchase": Breach("DELETE FROM billing_ledgerentry WHERE kind = 'purchase'"),
    "payment.taken": Breach("UPDATE billing_payment SET credits_taken = 0"),
    "subscription.allowance": Breach(
        "UPDATE billing_subscription SET period_start = period_start - interval '1 day'", derivable=True
    ),
    "subscription.period": Breach(
        "UPDATE billing_subscription SET period_start = period_start - interval '40 days',"
        " period_end = period_end - interval '40 days'"
    ),
    "progress.sent": Breach(
        f"UPDATE campaigns_campaignprogress SET sent = sent - 1, delivered = delivered + 1 WHERE campaign_id = {ENDED}",
        derivable=True,
    ),
    "progress.parts_sent": Breach("UPDATE campaigns_campaignprogress SET parts_sent = parts_sent + 1", derivable=True),
    "reasons.failed": Breach("UPDATE campaigns_reasoncount SET count = 5 WHERE status = 'failed'", derivable=True),
    "campaign.charged": Breach(f"DELETE FROM billing_ledgerentry WHERE id = {CHARGE}"),
    "batch.pending": Breach(
        "UPDATE campaigns_campaignrecipient SET status = 'pending', reason = '' WHERE status = 'failed'"
    ),
    "batch.unknown": Breach("UPDATE campaigns_sendbatch SET state = 'done' WHERE state = 'ambiguous'"),
    "batch.campaign": Breach(f"UPDATE campaigns_sendbatch SET campaign_id = 0 WHERE campaign_id = {LIVE}"),
    "batch.store": Breach("UPDATE campaigns_sendbatch SET store_id = 0"),
    "batch.reservation": Breach(f"UPDATE campaigns_sendbatch SET reservation_id = 0 WHERE campaign_id = {LIVE}"),
    "recipient.batch": Breach(f"UPDATE campaigns_campaignrecipient SET batch_id = 0 WHERE id = {SENT}"),
    "recipient.store": Breach(f"UPDATE campaigns_campaignrecipient SET store_id = 0 WHERE id = {SENT}"),
    "recipient.contact": Breach(f"UPDATE campaigns_campaignrecipient SET contact_id = 0 WHERE id = {SENT}"),
    "recipient.refund": Breach("UPDATE billing_ledgerentry SET key = 'refund:0' WHERE kind = 'refund'"),
    "recipient.evidence": Breach("DELETE FROM messaging_messagelog WHERE outcome = 'accepted'"),
    "log.recipient": Breach("UPDATE messaging_messagelog SET recipient_id = 0 WHERE outcome = 'refused'"),
    "log.campaign": Breach("UPDATE messaging_messagelog SET campaign_id = 0 WHERE outcome = 'refused'"),
    "log.store": Breach("UPDATE messaging_messagelog SET store_id = 0 WHERE outcome = 'refused'"),
    "hold.short": Breach(
        "UPDATE billing_creditreservation SET released = released + 1 WHERE state = 'open' AND charged > 0"
    ),
    "hold.campaign": Breach(
        "UPDATE billing_creditreservation SET key = 'campaign:0:1' WHERE state = 'open' AND charged = 0"
    ),
    "hold.unneeded": Breach(
        "UPDATE campaigns_campaignrecipient SET status = 'failed', reason = 'other' WHERE status = 'unknown';"
        "UPDATE campaigns_campaign SET finished_at = now() - interval '1 hour' WHERE status = 'completed'"
    ),
    "campaign.stuck": Breach(
        f"DELETE FROM campaigns_sendbatch WHERE campaign_id = {LIVE};"
        "UPDATE campaigns_campaignsnapshot SET done_at = now() - interval '1 hour'"
    ),
}


def falsify(breach: Breach) -> None:
    """Write past triggers, as a mistake in the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if breach.without:
            cursor.execute("ALTER TABLE {} DROP CONSTRAINT {}".format(*breach.without))
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(breach.sql)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def doctor(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """What the command finds, in all campaigns."""
    with suppress(SystemExit):
        call_command("doctor", "--all", "--json", *arguments)
    return json.loads(capsys.readouterr().out)["found"]


def test_there_are_more_than_twenty() -> None:
    assert len(BREACHES) > 30
    assert sum(breach.derivable for breach in BREACHES.values()) == 7


@pytest.mark.parametrize("name", sorted(BREACHES))
def test_each_is_found_by_name_and_mended_if_it_follows(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert doctor(capsys) == []

    falsify(BREACHES[name])

    found = doctor(capsys)
    assert name in {drift["name"] for drift in found}
    assert {drift["derivable"] for drift in found if drift["name"] == name} == {BREACHES[name].derivable}
    mended = doctor(capsys, "--repair", "--yes")
    assert {drift["repaired"] for drift in mended if drift["name"] == name} == {BREACHES[name].derivable}
    left = doctor(capsys)
    assert (name in {drift["name"] for drift in left}) != BREACHES[name].derivable
