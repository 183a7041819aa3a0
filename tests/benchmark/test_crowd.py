"""The rows that the benchmark works on are rows as the product makes them."""

import pytest

from audiences.models import Contact
from billing.services import account_of
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import read, recount
from messaging.benchmark import crowd
from messaging.models import MessageLog

pytestmark = pytest.mark.django_db


def test_a_shop_has_people_who_may_be_texted_and_credits() -> None:
    shop = crowd.make_shop(people=3)

    contacts = Contact.objects.filter(store_id=shop.store_id)
    assert [contact.consent for contact in contacts] == ["opted_in"] * 3
    assert all(contact.phone and contact.phone_hash for contact in contacts)
    assert account_of(shop.store_id).available == 10_000_000_000


def test_shops_do_not_share_phones() -> None:
    crowd.make_shop(people=3)
    crowd.make_shop(people=3)

    assert Contact.objects.values("phone").distinct().count() == 6


@pytest.mark.parametrize("status", ["sent", "delivered"])
def test_an_old_campaign_adds_up(status: str, settings: pytest.FixtureRequest) -> None:
    settings.SMS_BATCH_SIZE = 2  # type: ignore[attr-defined]
    crowd.make_account()
    shop = crowd.make_shop(people=5)

    campaign_id = crowd.sent_campaign(shop, people=5, status=status)

    progress = read(campaign_id)
    assert (progress.status, progress.audience, progress.counts[status]) == ("completed", 5, 5)
    assert recount(campaign_id)[status] == 5
    batches = SendBatch.objects.filter(campaign_id=campaign_id)
    assert sorted(batch.recipients.count() for batch in batches) == [1, 2, 2]
    ids = set(CampaignRecipient.objects.filter(campaign_id=campaign_id).values_list("pk", flat=True))
    assert set(MessageLog.objects.filter(kind="attempt").values_list("recipient_id", flat=True)) == ids


def test_the_baselines_campaign_waits_for_its_recipients() -> None:
    store = crowd.make_store("Baseline")

    campaign = crowd.lay_campaign(store_id=store.pk, credits=100)

    found = Campaign.objects.select_related("reservation", "snapshot").get(pk=campaign.pk)
    assert found.status == "sending"
    assert found.reservation is not None
    assert found.reservation.remaining == 100
    assert found.snapshot.done_at is None
