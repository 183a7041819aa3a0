"""Campaigns in the ops console: read only; pausing, resuming, cancelling and retrying go through services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audiences.staff import staff
from campaigns.models import (
    Campaign,
    CampaignEvent,
    CampaignLink,
    CampaignProgress,
    CampaignSnapshot,
    Quote,
    ReasonCount,
    SendBatch,
)
from campaigns.services import again, moves
from campaigns.states import CAMPAIGN, KINDS
from config.ops.marks import bar, rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import PEOPLE
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
    again.retry_failed(**_which(campaign), actor=staff(request), reason=answers["reason"])
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
    audited = "campaign"
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
        "plain_values",
        "sender",
        "opt_out_text",
        "short_links",
        "links_base_url",
        "priority",
        "run",
        "reservation",
        "send_at",
        "local_at",
        "frozen",
        "max_credits",
        "next_try_at",
        "automation",
        "not_after",
        "created_by",
        "created_at",
        "started_at",
        "finished_at",
        "archived_at",
        "public",
    )
    sortable_by = ("name", "started_at")
    operations: ClassVar[tuple[Operation, ...]] = (
        Operation(
            "pause",
            "Pause sending",
            "Batches at a worker finish and are billed; nothing else leaves until it is resumed.",
            pause,
            PEOPLE,
            applies=offered("pause"),
        ),
        Operation(
            "resume",
            "Resume sending",
            "Sending goes on at the exact recipient.",
            resume,
            PEOPLE,
            applies=offered("resume"),
        ),
        Operation(
            "cancel",
            "Cancel and refund",
            "Batches at a worker finish and are billed; all others are never sent and their credits go back. "
            "This cannot be taken back.",
            cancel,
            PEOPLE,
            applies=offered("cancel"),
            risky=True,
        ),
        Operation(
            "retry",
            "Retry failed",
            "Recipients that failed for a passing reason are sent again, at the prices of the first time.",
            retry,
            PEOPLE,
            applies=offered("retry"),
            risky=True,
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
        "clickers",
    )
    list_select_related = ("campaign",)
    search_fields = ("pk", "campaign__name__icontains")
    sortable_by = ()


@admin.register(CampaignLink)
class CampaignLinkAdmin(OpsAdmin):
    """Where the short links of campaigns lead, and how often they were followed."""

    list_display = ("campaign", "number", "url", "clicks", "human_clicks", "people")
    list_select_related = ("campaign",)
    search_fields = ("pk",)
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
