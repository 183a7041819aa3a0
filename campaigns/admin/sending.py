"""Batches and recipients in the ops console: the hot rows, read only; dead batches are mended by services."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from audiences.models import Contact
from audiences.phones import phone_hash
from audiences.staff import staff
from campaigns.models import Campaign, CampaignRecipient, SendBatch, StoreLane
from campaigns.services import again
from campaigns.states import BATCH
from config.ops.marks import link, masked, rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import HOUSE, PEOPLE
from config.ops.rows import OpsAdmin


def requeue(batch: SendBatch, answers: Answers, request: HttpRequest) -> str:
    """Try a dead batch again."""
    count = again.requeue(batch_id=batch.pk, actor=staff(request), reason=answers["reason"])
    return f"{count} recipients are tried again."


def discard(batch: SendBatch, answers: Answers, request: HttpRequest) -> str:
    """Leave a dead batch."""
    again.discard(batch_id=batch.pk, actor=staff(request), reason=answers["reason"])
    return "it is discarded."


def _dead(batch: SendBatch) -> bool:
    return batch.state == "dead" and not batch.resolution


@admin.register(SendBatch)
class SendBatchAdmin(OpsAdmin):
    """The unit of sending: where each stands, and its last error."""

    kind = "bat"
    audited = "batch"
    list_display = ("id", "of", state("state"), "size", "attempt", "claims", "owner", "error", "ready_at", "settled_at")
    list_filter = (choice("state", BATCH.states),)
    list_select_related = ("campaign",)
    readonly_fields = ("people",)
    sortable_by = ()
    operations = (
        Operation(
            "requeue",
            "Requeue",
            "Its failed recipients go out in a new batch, with a new hold.",
            requeue,
            HOUSE,
            applies=_dead,
        ),
        Operation(
            "discard",
            "Discard",
            "Its recipients stay failed; it is trouble no more.",
            discard,
            HOUSE,
            applies=_dead,
            risky=True,
        ),
    )

    @admin.display(description="campaign")
    def of(self, batch: SendBatch) -> str:
        """Its campaign."""
        return link(Campaign, batch.campaign_id, batch.campaign.name)

    @admin.display(description="recipients")
    def people(self, batch: SendBatch) -> str:
        """Its recipients."""
        return rows_of(CampaignRecipient, "The recipients of this batch", batch__id__exact=batch.pk)


@admin.register(CampaignRecipient)
class CampaignRecipientAdmin(OpsAdmin):
    """One contact in one campaign. Lists by batch or contact are quick; there is no index to narrow by status."""

    kind = "rcp"
    viewers = PEOPLE
    list_display = (
        "id",
        "of",
        "number",
        state("status"),
        "reason",
        "error_code",
        "parts",
        "charged",
        "attempt",
        "sent_at",
    )
    list_select_related = ("campaign",)
    search_help_text = "Id, public id or a whole phone number like +306971234567"
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, recipient: CampaignRecipient) -> str:
        """The campaign."""
        return link(Campaign, recipient.campaign_id, recipient.campaign.name)

    @admin.display(description="phone")
    def number(self, recipient: CampaignRecipient) -> str:
        """Most of it hidden."""
        return masked(recipient.phone)

    def found(self, term: str) -> Q:
        """By id, or by the contacts that have a phone: the phone alone has no index here."""
        if not (term.startswith("+") and term[1:].isdecimal()):
            return super().found(term)
        return Q(contact__in=Contact.objects.filter(phone_hash=phone_hash(term)))


@admin.register(StoreLane)
class StoreLaneAdmin(OpsAdmin):
    """When each store was last served."""

    list_display = ("store", "priority", "last_claimed")
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
