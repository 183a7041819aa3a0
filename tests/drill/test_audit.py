"""The audit is not blind: each ledger that is falsified fails its own check, and a sound one passes all."""

import time
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from billing.models import LedgerEntry
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, SendBatch
from campaigns.services.finish import finish
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from messaging.drill.audit import Check, Evidence, audit
from messaging.drill.ledger import ProviderBook, Taken
from messaging.drill.unconfirmed import Unconfirmed, explain
from messaging.models import MessageLog, ProviderAccount, Receipt
from messaging.sending.settle import settle
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(db: None) -> Campaign:
    """Three people, all of them sent; finished."""
    found = launched(people=3)
    work = claimed()
    marked(work)
    settle(settlement(work))
    finish(found.pk)
    return Campaign.objects.get(pk=found.pk)


def book(**changes: Any) -> ProviderBook:
    """The provider's ledger of exactly what our rows say."""
    rows = CampaignRecipient.objects.filter(status__in=["sent", "delivered"]).order_by("pk")
    taken = [Taken(row.pk, 1, f"id-{row.pk}", row.phone or "", time.time(), "delivered", 0) for row in rows]
    return ProviderBook(taken, 0, Counter(), 0, 0)._replace(**changes)


def failing(found: ProviderBook | None = None, **changes: Any) -> list[str]:
    """The names of the checks that fail."""
    provider = found or book()
    lost = explain(dead=[], taken=provider.taken, echoes=True)
    evidence = Evidence(provider, lost, echoes=True, kills=0, threads=4, opted_out={})._replace(**changes)
    return [check.name for check in audit(evidence) if not check.ok]


def sql(statement: str) -> None:
    """Falsify a row as no code of ours can: without its triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


@pytest.mark.usefixtures("campaign")
def test_a_sound_system_passes_every_check() -> None:
    evidence = Evidence(book(), explain(dead=[], taken=[], echoes=True), True, 0, 4, {})

    checks = audit(evidence)

    assert [check for check in checks if not check.ok] == []
    assert len(checks) == 29
    assert checks[0] == Check("I1 recipients accepted twice by the provider", 0, 0, True)


@pytest.mark.usefixtures("campaign")
def test_somebody_texted_twice_is_found() -> None:
    taken = book().taken

    assert failing(book(taken=[*taken, taken[0]._replace(attempt=2)])) == [
        "I1 recipients accepted twice by the provider",
        "I1 numbers accepted twice in one campaign",
    ]


@pytest.mark.usefixtures("campaign")
def test_the_wrong_number_is_found() -> None:
    first, *others = book().taken

    wrong = failing(book(taken=[first._replace(destination="+306999999999"), *others]))

    assert wrong == ["I1 accepted for a number that is not the recipient's"]


@pytest.mark.usefixtures("campaign")
def test_somebody_billed_whom_the_provider_never_took_is_found() -> None:
    assert failing(book(taken=book().taken[1:])) == [
        "I3 ours, but never accepted by the provider",
        "I2 provider's ids on the wrong recipient",
    ]


def test_somebody_taken_and_forgotten_is_found(campaign: Campaign) -> None:
    provider = book()
    CampaignRecipient.objects.filter(pk=provider.taken[0].recipient_id).update(charged=0)
    sql("UPDATE campaigns_campaignrecipient SET status = 'cancelled' WHERE charged = 0")

    found = failing(provider)

    assert "I2 accepted by the provider, neither billed nor unconfirmed" in found
    assert "I4 credits of accepted recipients = ledger" in found
    assert "I8 campaigns whose counters differ from their rows" in found


@pytest.mark.usefixtures("campaign")
def test_an_id_on_the_wrong_recipient_is_found() -> None:
    line = MessageLog.objects.filter(outcome="accepted").first()
    assert line
    sql(f"UPDATE messaging_messagelog SET provider_message_id = 'of-another' WHERE id = {line.pk}")

    assert failing() == ["I2 provider's ids on the wrong recipient"]


@pytest.mark.usefixtures("campaign")
def test_a_charge_without_a_message_is_found() -> None:
    entry = LedgerEntry.objects.get(kind="charge")
    sql(f"UPDATE billing_ledgerentry SET amount = amount - 1 WHERE id = {entry.pk}")

    found = failing()

    assert "I4 credits of accepted recipients = ledger" in found
    assert "I6 drifts of the books" in found


def test_a_counter_that_lies_is_found(campaign: Campaign) -> None:
    CampaignProgress.objects.filter(pk=campaign.pk).update(sent=2, failed=1)

    assert failing() == ["I8 campaigns whose counters differ from their rows"]


def test_a_system_that_has_not_ended_is_found(account: ProviderAccount) -> None:
    launched(people=3)
    claimed()

    assert failing() == [
        "I3 something was sent",
        "I5 holds that are open",
        "I7 recipients pending or unknown",
        "I7 campaigns still under way",
        "I7 batches still under way",
    ]


@pytest.mark.parametrize(
    ("outcome", "name"),
    [("anomaly", "I10 receipts that contradict us"), ("", "I13 receipts nobody applied")],
)
def test_receipts_that_contradict_or_lie_about_are_found(campaign: Campaign, outcome: str, name: str) -> None:
    Receipt.objects.create(account_id=1, dedupe="x", status="delivered", outcome=outcome)

    assert name in failing()


@pytest.mark.usefixtures("campaign")
def test_receipts_about_nobody_are_found() -> None:
    Receipt.objects.create(account_id=1, dedupe="x", status="delivered", outcome="unmatched", provider_message_id="?")

    assert failing() == ["I13 receipts about nobody"]


def test_a_cancel_that_nobody_wrote_down_is_found() -> None:
    found = launched(people=3)
    cancel(store_id=found.store_id, campaign_id=found.pk, actor=SYSTEM)
    found.events.filter(event="cancel").delete()

    assert "I11 cancelled campaigns, each cancelled once" in failing()


def test_a_system_that_sends_nothing_and_calls_it_unconfirmed_does_not_pass(campaign: Campaign) -> None:
    sql("UPDATE campaigns_campaignrecipient SET status = 'unconfirmed', charged = 0")
    ids = set(CampaignRecipient.objects.values_list("pk", flat=True))

    found = failing(book(), unconfirmed=Unconfirmed(ids, Counter(), sorted(ids), [], set()))

    assert "I3 something was sent" in found
    assert "I14 unconfirmed without a reason" in found
    assert "I14 unconfirmed" in found


def test_more_calls_cut_than_kills_can_cut_are_found(campaign: Campaign) -> None:
    batches = set(SendBatch.objects.values_list("pk", flat=True))

    found = failing(unconfirmed=Unconfirmed(set(), Counter(), [], [], batches))

    assert found == ["I14 calls cut by kills"]


def test_texting_long_after_an_opt_out_is_found(campaign: Campaign) -> None:
    recipient = CampaignRecipient.objects.filter(campaign=campaign).first()
    assert recipient
    assert recipient.contact_id

    assert failing(opted_out={recipient.contact_id: time.time() - 60}) == ["texted long after opting out"]
    assert failing(opted_out={recipient.contact_id: time.time() - 10}) == []
