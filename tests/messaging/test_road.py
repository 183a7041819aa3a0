"""A campaign from launch to finish in one process, over HTTP to the simulator."""

import pytest

from billing.services import account_of
from campaigns.models import CampaignRecipient
from campaigns.progress import read, recount
from campaigns.services.launch import launch
from config.audit import SYSTEM
from messaging.models import MessageLog, ProviderAccount
from messaging.sending.sender import send_next
from tests.factories import CampaignFactory
from tests.simulator import Simulator

pytestmark = pytest.mark.django_db


def test_everybody_gets_it_once_and_every_credit_is_accounted_for(
    simulator: Simulator, account: ProviderAccount
) -> None:
    campaign = CampaignFactory.create(people=30)
    before = simulator.ledger()["accepted"]

    launched = launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    send_next()

    progress = read(campaign.pk)
    assert (launched.recipients, launched.credits_held) == (30, 30)
    assert (progress.status, progress.counts["sent"], progress.counts["pending"]) == ("completed", 30, 0)
    assert simulator.ledger()["accepted"] - before == 30
    money = account_of(campaign.store_id)
    assert (money.balance, money.held) == (970, 0)
    assert recount(campaign.pk)["sent"] == 30
    assert MessageLog.objects.filter(campaign_id=campaign.pk, outcome="accepted").count() == 30
    assert set(CampaignRecipient.objects.filter(campaign=campaign).values_list("charged", flat=True)) == {1}
