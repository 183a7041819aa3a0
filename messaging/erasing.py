"""What an erasure clears of what a person was sent, and of what others quoted of it."""

from django.db.models import Exists, OuterRef, Q

from audiences.erasure import Erased
from audiences.excerpts import patterns
from campaigns.models import Campaign, CampaignRecipient
from campaigns.states import CAMPAIGN_ENDED
from config.sql import execute
from messaging.models import InboundMessage, MessageLog

TELLING = 8  # characters: a text that is no keyword


def forget(erased: Erased) -> None:
    """Clear phones and texts of the person's messages, and quotations of them. Within the caller's transaction.

    Who waits in a batch is skipped when it is claimed, since there is no phone; amounts, states and times stay.
    Indexes: the recipients' contact, recipient_stranger, log_recipient.
    """
    whose = Q(contact_id=erased.contact_id)
    if erased.phone:
        whose |= Q(contact=None, phone=erased.phone)
    rows = CampaignRecipient.objects.filter(whose, store_id=erased.store_id)
    # In the order of ids, as whoever writes many of them does: two of us do not wait for each other.
    found = list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", "campaign_id"))
    forget_messages([pk for pk, _ in found])
    forget_direct({campaign_id for _, campaign_id in found})
    _forget_quotations(erased)


def forget_messages(recipients: list[int]) -> int:
    """Clear phones and texts of these recipients; how many had a phone."""
    MessageLog.objects.filter(recipient_id__in=recipients).exclude(text="").update(text="")
    return CampaignRecipient.objects.filter(pk__in=recipients, phone__isnull=False).update(phone=None)


def forget_direct(campaigns: set[int]) -> int:
    """Clear the text of ended direct messages and tests that nobody with a phone is left of: it was about them."""
    left = CampaignRecipient.objects.filter(campaign_id=OuterRef("pk"), phone__isnull=False)
    rows = Campaign.objects.filter(
        ~Exists(left), pk__in=campaigns, kind__in=("direct", "test"), status__in=CAMPAIGN_ENDED
    )
    return rows.exclude(message="").update(message="")


def _forget_quotations(erased: Erased) -> None:
    """Answers of the store's webhooks that say the number or a name, and calls of providers that nobody could read.

    Reads the answers of 30 days of the store's deliveries: webhookdelivery_endpoint, webhookattempt_once. Of calls:
    receipt_unreadable, inbound_unreadable; they are nobody's, and evidence of nothing.
    """
    if erased.phone is None:
        return
    digits = erased.phone.removeprefix("+")
    theirs = InboundMessage.objects.filter(store_id=erased.store_id, contact_id=erased.contact_id)
    said = [text for text in theirs.values_list("text", flat=True) if len(text) >= TELLING]
    values = {
        "store_id": erased.store_id,
        "digits": f"%{digits}%",
        "words": patterns(digits, *erased.words, *said),
    }
    execute(ANSWERS, values)
    execute(RECEIPTS, values)
    execute(TEXTS, values)


ANSWERS = """
    UPDATE messaging_webhookattempt a
       SET answer = ''
      FROM messaging_webhookdelivery d
      JOIN messaging_webhookendpoint e ON e.id = d.endpoint_id
     WHERE e.store_id = %(store_id)s
       AND a.delivery_id = d.id
       AND a.answer <> ''
       AND lower(a.answer) LIKE ANY(%(words)s::text[])
"""
RECEIPTS = """
    UPDATE messaging_receipt r
       SET raw = ''
     WHERE r.raw <> ''
       AND r.raw LIKE %(digits)s
"""
TEXTS = """
    UPDATE messaging_inboundmessage m
       SET text = ''
     WHERE m.meaning = 'unreadable'
       AND m.text LIKE %(digits)s
"""
