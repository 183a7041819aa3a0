"""The same road in each provider's wire format: out over the adapter, back over our own webhook."""

from collections.abc import Iterator

import pytest
from django.test import Client

from billing.services import account_of
from campaigns.models import Campaign
from campaigns.progress import read
from campaigns.services.launch import launch
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from messaging.receipts.apply import drain
from messaging.sending.sender import send_next
from tests.factories import CampaignFactory, ProviderAccountFactory
from tests.providers.simulated import ACCOUNTS, Webhook, eventually, recording_webhook
from tests.simulator import Simulator

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound")]

FORMATS = ["mitto", "twilio", "sinch"]


@pytest.fixture
def recorder() -> Iterator[Webhook]:
    """Takes the simulator's calls; `deliver` hands them to our webhook."""
    with recording_webhook() as running:
        yield running


def account_at(simulator: Simulator, recorder: Webhook, name: str) -> ProviderAccount:
    options = {"webhook_url": recorder.url, "echoes_reference": True}
    return ProviderAccountFactory.create(
        provider=name, base_url=simulator.url, credentials=ACCOUNTS[name], options=options
    )


def deliver(account: ProviderAccount, recorder: Webhook) -> set[int]:
    """Hand every recorded call to our own webhook, as it came; what was answered."""
    statuses = set()
    for (headers, body), query in zip(recorder.calls, recorder.queries, strict=True):
        said = {name: value for name, value in headers.items() if name.lower() not in {"host", "content-length"}}
        kind = said.pop("Content-Type")
        path = f"/webhooks/providers/{account.slug}/receipts"
        answer = Client().post(path, body, content_type=kind, headers=said, query_params=query)
        statuses.add(answer.status_code)
    return statuses


def send(people: int, *, message: str = "Hello {{first_name|there}}") -> Campaign:
    campaign = CampaignFactory.create(people=people, message=message)
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    send_next()
    return campaign


@pytest.mark.parametrize("name", FORMATS)
def test_everybody_gets_it_once_and_every_receipt_comes_home(
    simulator: Simulator, recorder: Webhook, name: str
) -> None:
    simulator.plan(receipts={"url": recorder.url, "secret": "hush", "delay": [0, 0], "batch": 4, "duplicate": 1})
    account, before = account_at(simulator, recorder, name), simulator.ledger()

    campaign = send(8)
    assert eventually(lambda: simulator.ledger()["receipts_sent"] - before["receipts_sent"] == 16)
    statuses = deliver(account, recorder)
    drain()

    progress = read(campaign.pk)
    assert (progress.status, progress.counts["delivered"], statuses) == ("completed", 8, {200})
    assert simulator.ledger()["accepted"] - before["accepted"] == 8
    money = account_of(campaign.store_id)
    assert (money.balance, money.held) == (992, 0)


@pytest.mark.parametrize(("name", "in_the_call"), [("mitto", 3), ("twilio", 1), ("sinch", 3)])
def test_a_lost_reply_is_settled_by_the_receipt_and_charged_once(
    simulator: Simulator, recorder: Webhook, name: str, in_the_call: int
) -> None:
    simulator.plan(script={"1": "drop_after"}, receipts={"url": recorder.url, "secret": "hush", "delay": [0, 0]})
    account, before = account_at(simulator, recorder, name), simulator.ledger()

    campaign = send(3, message="Hello all")
    in_doubt = read(campaign.pk).counts["unknown"]
    assert eventually(lambda: simulator.ledger()["receipts_sent"] - before["receipts_sent"] == in_the_call)
    deliver(account, recorder)
    drain()

    counts = read(campaign.pk).counts
    assert (in_doubt, counts["unknown"], counts["delivered"]) == (in_the_call, 0, in_the_call)
    assert simulator.ledger()["accepted"] - before["accepted"] == in_the_call
    assert account_of(campaign.store_id).balance == 1000 - in_the_call


@pytest.mark.parametrize("name", FORMATS)
def test_a_forged_receipt_moves_nobody(simulator: Simulator, recorder: Webhook, name: str) -> None:
    simulator.plan(receipts={"url": recorder.url, "secret": "hush", "delay": [0, 0], "sign": "wrong"})
    account = account_at(simulator, recorder, name)

    campaign = send(2)
    assert eventually(lambda: len(recorder.calls) > 0)
    statuses = deliver(account, recorder)
    drain()

    assert (statuses, read(campaign.pk).counts["delivered"]) == ({401}, 0)
