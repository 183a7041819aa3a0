"""A STOP from a telephone to the skipped recipients and the confirmation, over HTTP in each provider's format."""

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audiences.models import Contact, Store
from campaigns.models import CampaignRecipient
from campaigns.services.launch import launch
from config.audit import SYSTEM
from messaging.credentials import Credentials
from messaging.inbound.apply import drain
from messaging.models import InboundMessage, ProviderAccount
from messaging.sending.sender import send_next
from tests.factories import CampaignFactory
from tests.inbound.steps import NUMBER, answers, number_of
from tests.providers.simulated import ACCOUNTS
from tests.simulator import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outside(live_server: LiveServer, settings: Settings, simulator: Simulator) -> str:
    """Our own web server, as the simulator reaches it."""
    settings.PUBLIC_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


def text_in(account: ProviderAccount, phone: str, *words: str, to: str = NUMBER) -> str:
    said = io.StringIO()
    call_command("text_in", phone, *words, "--to", to, "--account", account.name, "--id", f"x{phone}", stdout=said)
    return said.getvalue()


def test_a_stop_reaches_the_batch_that_waits(outside: str, simulator: Simulator, account: ProviderAccount) -> None:
    campaign = CampaignFactory.create(people=3)
    store: Store = campaign.store
    number_of(store, account)
    gone, *others = Contact.objects.filter(store=store).order_by("pk")
    launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    sent_before = len(simulator.received())

    assert "taken" in text_in(account, gone.phone or "", "Stop")
    assert drain()["opted_out"] == 1
    send_next()

    recipients = dict(CampaignRecipient.objects.filter(campaign=campaign).values_list("contact_id", "status"))
    assert recipients == {gone.pk: "skipped", **{contact.pk: "sent" for contact in others}}
    [confirmation] = answers(store)
    assert CampaignRecipient.objects.get(campaign=confirmation).status == "sent"
    received = simulator.received()[sent_before:]
    assert sorted(item["destination"] for item in received) == sorted(str(contact.phone) for contact in (gone, *others))


@pytest.mark.parametrize("name", ["mitto", "twilio", "sinch"])
def test_each_provider_s_format_is_taken_in(outside: str, account: ProviderAccount, store: Store, name: str) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(
        provider=name,
        credentials=Credentials(ACCOUNTS[name]),
        options={"inbound_url": f"{outside}/webhooks/providers/{account.slug}/inbound"},
    )
    account.refresh_from_db()
    number_of(store, account)

    text_in(account, "+306971112233", "Διαγραφή")
    drain()

    message = InboundMessage.objects.get()
    assert (message.phone, message.to, message.text) == ("+306971112233", NUMBER, "Διαγραφή")
    assert (message.store, message.outcome) == (store, "opted_out")


def test_the_command_says_when_there_is_no_account(db: None) -> None:
    with pytest.raises(CommandError, match="no provider account Nobody"):
        call_command("text_in", "+306971112233", "STOP", "--account", "Nobody")


def test_the_command_says_when_there_is_no_simulator(account: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:9")

    with pytest.raises(CommandError, match="No provider simulator"):
        call_command("text_in", "+306971112233", "STOP", "--account", account.name)


def test_the_command_says_when_the_webhook_refuses(outside: str, account: ProviderAccount) -> None:
    """Twilio signs the address that it calls: without `inbound_url` ours cannot be checked."""
    twilio = {"provider": "twilio", "credentials": Credentials(ACCOUNTS["twilio"]), "options": {}}
    ProviderAccount.objects.filter(pk=account.pk).update(**twilio)

    with pytest.raises(CommandError, match="webhook answered 401"):
        call_command("text_in", "+306971112233", "STOP", "--account", account.name)

    assert not InboundMessage.objects.exists()
