"""An erasure is over when a search of the whole database finds nobody."""

import pytest
from django.core.management import call_command

from audiences.models import Contact, Store, Suppression
from audiences.phones import phone_hash
from billing.models import LedgerEntry
from campaigns.models import CampaignRecipient
from config.models import AuditEvent
from config.opaque import public_id
from tests.api.clients import V1, with_key
from tests.audiences.importing import imported
from tests.privacy.searching import traces
from tests.privacy.world import FILE, PHONE, WORDS
from tests.steps import assert_sound

pytestmark = pytest.mark.django_db(transaction=True)


def _erase(person: Contact) -> int:
    name = public_id(person.pk, kind="con")
    return int(with_key(person.store).post(f"{V1}/contacts/{name}/erase").status_code)


def test_the_search_would_find_what_is_there(person: Contact) -> None:
    places = {trace.partition(":")[0] for trace in traces(WORDS)}

    assert {
        "audiences_contact.phone",
        "audiences_consentevent.evidence",
        "audiences_customerevent.properties",
        "audiences_importproblem.value",
        "campaigns_campaign.message",
        "campaigns_campaignrecipient.phone",
        "config_idempotencyrecord.body",
        "messaging_inboundmessage.text",
        "messaging_messagelog.text",
        "messaging_receipt.raw",
        "messaging_webhookattempt.answer",
    } <= places


def test_nothing_in_the_whole_database_says_who_was_erased(person: Contact) -> None:
    assert _erase(person) == 204

    assert traces(WORDS) == []


def test_books_and_evidence_stand_after_an_erasure(person: Contact, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(LedgerEntry.objects.order_by("pk").values_list("pk", "amount", "balance_after"))
    sent = CampaignRecipient.objects.filter(contact=person).count()

    _erase(person)

    assert list(LedgerEntry.objects.order_by("pk").values_list("pk", "amount", "balance_after")) == before
    assert CampaignRecipient.objects.filter(contact=person, phone=None).count() == sent
    assert_sound()
    call_command("doctor", "--all")
    assert "no drift" in capsys.readouterr().out
    assert AuditEvent.objects.filter(action="contact.erase", subject=f"contact:{person.pk}").count() == 1


def test_the_number_stays_suppressed_whoever_brings_it_again(person: Contact) -> None:
    _erase(person)

    imported(person.store, FILE, consent="opted_in", consent_source="till")

    reasons = Suppression.objects.filter(store=person.store, phone_hash=phone_hash(PHONE)).values_list("reason")
    assert sorted(reasons) == [("erased",), ("opt_out",)]
    assert Contact.objects.get(store=person.store, phone=PHONE).consent == "opted_out"


def test_who_is_erased_is_no_more_and_another_store_s_contact_stays(person: Contact, other_store: Store) -> None:
    theirs = Contact.objects.create(store=other_store, phone=PHONE, phone_hash=phone_hash(PHONE), first_name="Zebediah")

    assert [_erase(person), _erase(person)] == [204, 404]

    theirs.refresh_from_db()
    assert (theirs.phone, theirs.first_name) == (PHONE, "Zebediah")
