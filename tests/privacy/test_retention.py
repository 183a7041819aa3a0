"""What is kept no longer: said first, cleared once, and never what is still needed."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from audiences.models import Contact, ContactImport, Suppression
from campaigns.models import Campaign, CampaignRecipient
from config.models import AuditEvent
from messaging.models import InboundMessage, Receipt
from messaging.retention import due, retain
from tests.factories import ContactFactory
from tests.privacy.searching import traces
from tests.privacy.world import PHONE, WORDS
from tests.steps import assert_sound, launched

NOTHING = {"people": 0, "messages": 0, "texts": 0, "calls": 0, "excerpts": 0}
OLD = timedelta(days=1000)


def _age() -> None:
    """Let everything have happened long ago."""
    Contact.objects.update(updated_at=F("updated_at") - OLD)
    Campaign.objects.update(finished_at=F("finished_at") - OLD)
    CampaignRecipient.objects.update(sent_at=F("sent_at") - OLD)
    ContactImport.objects.update(finished_at=F("finished_at") - OLD)
    InboundMessage.objects.update(received_at=F("received_at") - OLD)
    Receipt.objects.update(received_at=F("received_at") - OLD)


@pytest.mark.django_db(transaction=True)
def test_what_is_old_is_said_then_cleared_then_nothing_is_left(
    person: Contact, capsys: pytest.CaptureFixture[str]
) -> None:
    assert due() == NOTHING
    _age()

    call_command("retention", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["cleared"], said["people"], said["calls"]) == (False, 1, 1)
    assert min(said["messages"], said["texts"], said["excerpts"]) >= 1
    assert Contact.objects.filter(phone=PHONE).count() == 1

    call_command("retention", "--yes", "--json")
    assert json.loads(capsys.readouterr().out) == {**said, "cleared": True}
    assert due() == retain() == NOTHING
    held = {trace for trace in traces(WORDS) if not trace.startswith("config_idempotencyrecord")}
    assert held == set()
    assert Suppression.objects.get(store=person.store).reason == "opt_out"
    assert AuditEvent.objects.filter(action="retention.run", actor="command:retention").count() == 1
    assert_sound()


@pytest.mark.django_db(transaction=True)
def test_zero_days_keep_for_ever(person: Contact, settings: Settings) -> None:
    settings.RETENTION_CONTACT_DAYS = settings.RETENTION_MESSAGE_DAYS = settings.RETENTION_RAW_DAYS = 0
    _age()

    assert due() == retain() == NOTHING


@pytest.mark.django_db
def test_who_waits_for_a_message_or_still_agrees_is_kept() -> None:
    campaign = launched(people=2)
    ContactFactory.create(store=campaign.store, updated_at=timezone.now() - OLD)
    Contact.objects.filter(received__campaign=campaign).update(consent="opted_out", updated_at=timezone.now() - OLD)

    assert retain() == NOTHING
    assert Contact.objects.filter(phone=None).count() == 0
    assert CampaignRecipient.objects.filter(campaign=campaign, phone=None).count() == 0
