"""A person of whom everything is known that the product can know."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from audiences.imports import run_import
from audiences.models import Contact, CustomerEvent, Store
from billing.services import grant
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.opaque import private_id, public_id
from messaging.hooks import publish
from messaging.inbound.inbox import keep_unreadable as keep_text
from messaging.models import Click, ProviderAccount, WebhookAttempt, WebhookDelivery
from messaging.receipts.inbox import keep_unreadable
from messaging.sending.sender import send_next
from tests.api.clients import V1, with_key
from tests.factories import CampaignFactory, WebhookEndpointFactory
from tests.inbound.steps import heard, number_of

PHONE = "+306971234567"
WORDS = ("6971234567", "697 123 4567", "Zebediah", "Quimberly", "zebediah@example.org", "allergic to lilies")
FILE = """phone,first name,last name,email,birthday
697 123 4567,Zebediah,Quimberly,zebediah@example.org,1990-05-17
697 123 4567,Zebediah,Quimberly,zebediah@example.org,1990-05-17
697 123 45670000,Zebediah,,,
6979999999,Anna,,zebediah@example.org oops,
"""


def known(store: Store, account: ProviderAccount) -> Contact:
    """Imported, signed up, texted, answered, clicked, bought, reported, quoted and asked for over the API."""
    api = with_key(store)
    grant(store_id=store.pk, amount=100, key=f"grant:{store.pk}", label="Test", actor=SYSTEM)
    contact = _imported(api, store)
    number_of(store, account)
    WebhookEndpointFactory.create(store=store, include_phones=True, events=["contact.opted_out"])
    _customer(api, contact)
    _campaign(store)
    _direct(api)
    for text in ("hello, I am Zebediah and allergic to lilies", "STOP"):
        heard(account, text, phone=PHONE)
    publish.publish()
    _quoted(account)
    return Contact.objects.get(pk=contact.pk)


def _imported(api: Any, store: Store) -> Contact:
    file = SimpleUploadedFile("people.csv", FILE.encode())
    body = {"file": file, "consent": "opted_in", "consent_source": "till"}
    answer = api.post(f"{V1}/imports", body, format="multipart", HTTP_IDEMPOTENCY_KEY="import")
    run_import(private_id(answer.json()["id"], kind="imp") or 0)
    return Contact.objects.get(store=store, phone=PHONE)


def _customer(api: Any, contact: Contact) -> None:
    name = public_id(contact.pk, kind="con")
    api.post(f"{V1}/contacts/{name}/opt-out", {"source": "form"})
    api.post(f"{V1}/contacts/{name}/opt-in", {"source": "form", "evidence": {"signed": "Zebediah Quimberly"}})
    api.post(f"{V1}/contacts/lookup", {"text": PHONE})
    bought = {"event_id": "o-1", "name": "purchase", "phone": PHONE, "properties": {"note": "allergic to lilies"}}
    api.post(f"{V1}/events", {"events": [bought]}, HTTP_IDEMPOTENCY_KEY="event")
    assert CustomerEvent.objects.filter(contact=contact).exists()


def _campaign(store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=0, credits=0, message="Hi {{first_name}} {{last_name}}")
    launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    send_next()
    person = campaign.recipients.get(phone=PHONE)
    Click.objects.create(
        store_id=store.pk, campaign_id=campaign.pk, recipient_id=person.pk, contact_id=person.contact_id,
        number=1, human=True,
    )  # fmt: skip


def _direct(api: Any) -> None:
    body = {"to": [PHONE], "text": "Zebediah, your table is ready"}
    answer = api.post(f"{V1}/messages", body, HTTP_IDEMPOTENCY_KEY="direct")
    assert answer.status_code == 202, answer.content
    send_next()


def _quoted(account: ProviderAccount) -> None:
    """What others said of the person, in calls and answers that are kept."""
    keep_unreadable(account, f"status?to={PHONE.removeprefix('+')}".encode())
    keep_text(account, f"from={PHONE} text=?".encode())
    for delivery in WebhookDelivery.objects.all():
        WebhookAttempt.objects.create(
            delivery=delivery, fence=99, status=500, answer=f"bad: {PHONE} Zebediah", milliseconds=1
        )
