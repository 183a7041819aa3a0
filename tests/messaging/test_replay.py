"""Staff has a receipt looked at once more."""

import pytest

from campaigns.models import CampaignRecipient
from config.audit import Actor
from config.models import AuditEvent
from config.opaque import references
from config.problems import NotFound
from messaging.models import Receipt
from messaging.receipts.apply import apply_some
from messaging.receipts.replay import Counted, replay
from providers.interface import Unsure
from tests.campaigns.roads import handed_over
from tests.steps import assert_sound, statuses

pytestmark = pytest.mark.django_db
STAFF = Actor("staff:1")


def test_a_receipt_that_fitted_nobody_counts_once_it_does() -> None:
    campaign = handed_over([Unsure("timeout")])
    stray = Receipt.objects.create(account_id=1, dedupe="a", reference="x" * 22, status="delivered")
    apply_some(10)
    assert Receipt.objects.get().outcome == "unmatched"
    [mark] = references([CampaignRecipient.objects.get(campaign=campaign).pk], attempt=1)
    Receipt.objects.filter(pk=stray.pk).update(reference=mark)

    replay(receipt_id=stray.pk, actor=STAFF, reason="the provider mended it")
    apply_some(10)

    assert (Receipt.objects.get().outcome, statuses(campaign)) == ("settled", {"delivered": 1})
    line = AuditEvent.objects.get(action="receipt.replay")
    assert (line.subject, line.reason) == (f"receipt:{stray.pk}", "the provider mended it")
    assert line.facts == {"before": "unmatched", "after": "due"}
    assert_sound()


@pytest.mark.parametrize("outcome", ["applied", "settled", "captured", "stale", "unreadable"])
def test_what_counted_is_left_alone(outcome: str) -> None:
    row = Receipt.objects.create(account_id=1, dedupe="a", status="delivered", outcome=outcome, tries=3)

    with pytest.raises(Counted):
        replay(receipt_id=row.pk, actor=STAFF, reason="again")

    row.refresh_from_db()
    assert row.tries == 3
    assert not AuditEvent.objects.exists()


def test_what_is_not_there_cannot_be_replayed() -> None:
    with pytest.raises(NotFound):
        replay(receipt_id=1, actor=STAFF, reason="x")
