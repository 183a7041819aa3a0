"""A mark whose answer is lost is taken back: only its own worker could have called, and it did not."""

import threading
import time

import pytest
from django.db import connection, transaction

from campaigns.models import Campaign, SendBatch
from campaigns.queries import claim
from messaging.accounts import carrier_for
from messaging.models import ProviderAccount
from messaging.sending.sender import mark, send_next
from tests.simulator import Simulator
from tests.steps import claimed, launched, marked, statuses

pytestmark = pytest.mark.usefixtures("account")


def cut_who_waits_for_a_lock() -> None:
    """End the session that waits for a row, as a database that is restarted would."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchall():
                return
        time.sleep(0.01)


def cutting_with_the_campaign_locked(locked: threading.Event) -> None:
    try:
        with transaction.atomic():
            list(Campaign.objects.select_for_update())
            locked.set()
            cut_who_waits_for_a_lock()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_session_that_is_cut_while_it_marks_costs_nobody_his_message(
    account: ProviderAccount, simulator: Simulator
) -> None:
    before = simulator.ledger()["accepted"]
    campaign, work, locked = launched(people=2), claimed(), threading.Event()
    carrier = carrier_for(store_id=campaign.store_id, country="", batch_id=1)
    assert carrier
    cutter = threading.Thread(target=cutting_with_the_campaign_locked, args=(locked,))
    cutter.start()
    locked.wait(5)

    assert mark(work, carrier) is None

    cutter.join()
    batch = SendBatch.objects.get()
    assert (batch.state, batch.attempt, batch.spent) == ("ready", 0, 0)
    send_next()
    assert statuses(campaign) == {"sent": 2}
    assert simulator.ledger()["accepted"] - before == 2


@pytest.mark.django_db
def test_a_mark_that_was_committed_after_all_is_taken_back_with_its_try() -> None:
    launched(people=2)
    work = claimed()
    marked(work)

    assert claim.unmark(batch_id=work.batch.batch_id, fence=work.batch.fence)

    batch = SendBatch.objects.get()
    assert (batch.state, batch.attempt, batch.spent, batch.claims) == ("ready", 1, 0, 0)


@pytest.mark.django_db
def test_a_batch_that_somebody_else_has_is_left_alone() -> None:
    launched(people=2)
    work = claimed()

    assert not claim.unmark(batch_id=work.batch.batch_id, fence=work.batch.fence + 1)
    assert SendBatch.objects.get().state == "claimed"
