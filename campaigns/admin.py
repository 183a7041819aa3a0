"""Campaigns in the ops console: all of it read only; pausing, resuming, cancelling and mending go through services."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from audiences.models import Contact
from audiences.phones import phone_hash
from audiences.staff import staff
from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignProgress,
    CampaignRecipient,
    CampaignSnapshot,
    Quote,
    ReasonCount,
    SendBatch,
    StoreLane,
)
from campaigns.services import again, moves
from campaigns.states import BATCH, CAMPAIGN, KINDS
from config.ops.marks import bar, link, masked, rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.rows import OpsAdmin


def pause(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Pause."""
    moves.pause(**_which(campaign), actor=staff(request), reason=answers["reason"])
    return "it is paused."


def resume(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Resume."""
    moves.resume(**_which(campaign), actor=staff(request), reason=answers["reason"])
    return "it goes on."


def cancel(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Cancel."""
    moves.cancel(**_which(campaign), actor=staff(request), reason=answers["reason"])
    return "it is cancelled."


def retry(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Retry what failed."""
    again.retry_failed(**_which(campaign), actor=staff(request))
    return "the failed recipients are tried again."


def _which(campaign: Campaign) -> dict[str, Any]:
    return {"store_id": campaign.store_id, "campaign_id": campaign.pk}


def offered(event: str) -> Any:
    """Whether a campaign's status allows an event."""
    return lambda campaign: campaign.status in CAMPAIGN.moves[event].sources


@admin.register(Campaign)
class CampaignAdmin(OpsAdmin):
    """A campaign and how far it is."""

    kind = "cmp"
    list_display = ("name", "store", state("status"), "so_far", "audience_size", "delivered", "failed", "started_at")
    list_filter = (choice("status", CAMPAIGN.states), choice("kind", KINDS))
    list_select_related = ("store", "progress")
    search_fields = ("pk", "name__icontains", "store__slug")
    readonly_fields = ("so_far", "sent_in")
    fields = (
        "so_far",
        "status",
        "reason",
        "sent_in",
        "store",
        "name",
        "kind",
        "message",
        "audience",
        "on_missing",
        "sender",
        "priority",
        "run",
        "reservation",
        "send_at",
        "next_try_at",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
        "archived_at",
        "public",
    )
    sortable_by = ("name", "started_at")
    operations = (
        Operation(
            "pause",
            "Pause sending",
            "Batches at a worker finish and are billed; nothing else leaves until it is resumed.",
            pause,
            applies=offered("pause"),
        ),
        Operation(
            "resume", "Resume sending", "Sending goes on at the exact recipient.", resume, applies=offered("resume")
        ),
        Operation(
            "cancel",
            "Cancel campaign",
            "Batches at a worker finish and are billed; all others are never sent and their credits go back. "
            "This cannot be taken back.",
            cancel,
            applies=offered("cancel"),
        ),
        Operation(
            "retry",
            "Retry failed",
            "Recipients that failed for a passing reason are sent again, at the prices of the first time.",
            retry,
            applies=offered("retry"),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """With what every page shows of it."""
        return super().get_queryset(request).select_related("store", "progress")

    @admin.display(description="progress")
    def so_far(self, campaign: Campaign) -> str:
        """How much of the audience is no longer waiting."""
        row = _progress(campaign)
        return bar(done=row.audience - row.pending, of=row.audience)

    @admin.display(description="recipients")
    def audience_size(self, campaign: Campaign) -> int:
        """People."""
        return _progress(campaign).audience

    @admin.display(description="delivered")
    def delivered(self, campaign: Campaign) -> int:
        """People who have it."""
        return _progress(campaign).delivered

    @admin.display(description="failed")
    def failed(self, campaign: Campaign) -> int:
        """People who do not get it."""
        row = _progress(campaign)
        return row.failed + row.undelivered

    @admin.display(description="batches")
    def sent_in(self, campaign: Campaign) -> str:
        """Its batches."""
        return rows_of(SendBatch, "The batches of this campaign", campaign__id__exact=campaign.pk)


def _progress(campaign: Campaign) -> CampaignProgress:
    row: CampaignProgress | None = getattr(campaign, "progress", None)
    return row or CampaignProgress()


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
            applies=_dead,
        ),
        Operation("discard", "Discard", "Its recipients stay failed; it is trouble no more.", discard, applies=_dead),
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


@admin.register(CampaignProgress)
class CampaignProgressAdmin(OpsAdmin):
    """Counters."""

    list_display = (
        "campaign",
        "audience",
        "pending",
        "sent",
        "delivered",
        "undelivered",
        "failed",
        "skipped",
        "unknown",
    )
    list_select_related = ("campaign",)
    search_fields = ("pk", "campaign__name__icontains")
    sortable_by = ()


@admin.register(ReasonCount)
class ReasonCountAdmin(OpsAdmin):
    """Failures and skips by reason."""

    list_display = ("campaign", state("status"), "reason", "count")
    list_select_related = ("campaign",)
    sortable_by = ()


@admin.register(CampaignSnapshot)
class CampaignSnapshotAdmin(OpsAdmin):
    """How far audiences are written down."""

    list_display = ("campaign", "recipients", "credits", "cursor", "bound", "touched_at", "done_at")
    list_select_related = ("campaign",)
    sortable_by = ()


@admin.register(CampaignEvent)
class CampaignEventAdmin(OpsAdmin):
    """The history of campaigns. Append-only."""

    kind = "evt"
    list_display = ("id", "created_at", "campaign", "event", "before", state("after"), "reason", "actor")
    list_select_related = ("campaign",)
    sortable_by = ()


@admin.register(Quote)
class QuoteAdmin(OpsAdmin):
    """Prices that were shown."""

    kind = "quo"
    list_display = ("id", "store", "campaign_id", "recipients", "parts", "credits", "created_at", "expires_at")
    list_select_related = ("store",)
    sortable_by = ()


@admin.register(StoreLane)
class StoreLaneAdmin(OpsAdmin):
    """When each store was last served."""

    list_display = ("store", "priority", "last_claimed")
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
