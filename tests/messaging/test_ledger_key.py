"""The last wall of settle: a key of the ledger exists once. The books are broken by hand here."""

import pytest

from billing.models import CreditReservation, LedgerEntry
from messaging.models import MessageLog
from messaging.sending.settle import AlreadyBilled, settle
from tests.steps import batch_states, claimed, launched, marked, settlement, statuses

pytestmark = pytest.mark.django_db


def test_a_key_that_was_billed_before_stops_everything() -> None:
    campaign = launched(people=1)
    work = claimed()
    marked(work)
    hold = CreditReservation.objects.get()
    LedgerEntry.objects.create(
        account_id=hold.account_id, kind="late", amount=0, balance_after=1000, key=f"batch:{work.batch.batch_id}:1"
    )

    with pytest.raises(AlreadyBilled):
        settle(settlement(work))

    assert (statuses(campaign), batch_states(campaign)) == ({"pending": 1}, ["calling"])
    assert not MessageLog.objects.exists()
