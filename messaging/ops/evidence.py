"""What went out and came back, and what the watchdog saw, in the ops console."""

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from audiences.staff import staff
from campaigns.models import Campaign, CampaignRecipient
from config.ops.marks import link, state
from config.ops.operations import Answers, Operation
from config.ops.roles import HOUSE, PEOPLE
from config.ops.rows import OpsAdmin
from messaging.models import Alert, AlertNotice, Click, MessageLog, Receipt
from messaging.receipts.replay import WITHOUT_EFFECT, replay


@admin.register(MessageLog)
class MessageLogAdmin(OpsAdmin):
    """Every attempt, receipt and late word. Append-only; the text itself is not shown."""

    kind = "msg"
    viewers = PEOPLE
    list_display = ("id", "at", "of", "recipient", "kind", state("outcome"), "raw_status", "error_class", "error_code")
    search_fields = ("pk", "provider_message_id")
    search_help_text = "Id, the provider's message id, or recipient:<id>"
    exclude = ("text",)
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, line: MessageLog) -> str:
        """The campaign."""
        return link(Campaign, line.campaign_id)

    @admin.display(description="recipient")
    def recipient(self, line: MessageLog) -> str:
        """The recipient."""
        return link(CampaignRecipient, line.recipient_id)

    def found(self, term: str) -> Q:
        """By id, by recipient, or by the provider's id: its index knows attempts alone."""
        word, _, number = term.partition(":")
        if word == "recipient" and number.isdecimal():
            return Q(recipient_id=int(number))
        if term.isdecimal() and len(term) < 19:
            return Q(pk=int(term))
        return Q(kind="attempt", provider_message_id=term)


@admin.register(Click)
class ClickAdmin(OpsAdmin):
    """Short links that were followed. Append-only; neither an address nor a browser is kept."""

    viewers = PEOPLE
    list_display = ("id", "at", "of", "recipient", "number", "human", "robot", "counted")
    search_fields = ("pk",)
    search_help_text = "Id, or recipient:<id>"
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, click: Click) -> str:
        """The campaign."""
        return link(Campaign, click.campaign_id)

    @admin.display(description="recipient")
    def recipient(self, click: Click) -> str:
        """The recipient."""
        return link(CampaignRecipient, click.recipient_id)

    def found(self, term: str) -> Q:
        """By id or by recipient."""
        word, _, number = term.partition(":")
        if word == "recipient" and number.isdecimal() and len(number) < 19:
            return Q(recipient_id=int(number))
        return super().found(term)


def play_again(receipt: Receipt, answers: Answers, request: HttpRequest) -> str:
    """Have it judged anew."""
    replay(receipt_id=receipt.pk, actor=staff(request), reason=answers["reason"])
    return "it is looked at again now."


@admin.register(Receipt)
class ReceiptAdmin(OpsAdmin):
    """Delivery reports as they arrived."""

    kind = "rec"
    audited = "receipt"
    list_display = (
        "id",
        "received_at",
        "account_id",
        state("status"),
        "raw_status",
        "error_code",
        state("outcome"),
        "tries",
        "applied_at",
    )
    list_filter = (("applied_at", admin.EmptyFieldListFilter),)
    sortable_by = ()
    operations = (
        Operation(
            "replay",
            "Replay",
            "It is matched and judged again, as if it had just arrived. What counted already is left alone.",
            play_again,
            HOUSE,
            applies=lambda receipt: receipt.outcome in WITHOUT_EFFECT,
        ),
    )


@admin.register(Alert)
class AlertAdmin(OpsAdmin):
    """What the watchdog saw: open alerts first. They close by themselves when the trouble is over."""

    list_display = ("name", "subject", "detail", "opened_at", "seen_at", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter),)
    ordering = ("-closed_at", "-opened_at")
    search_fields = ("pk", "name", "subject")


@admin.register(AlertNotice)
class AlertNoticeAdmin(OpsAdmin):
    """Who was told of an alert, and over which channel; what nobody took is tried again for a day."""

    list_display = ("alert", "channel", "event", "made_at", "tries", "sent_at", "given_up_at", "last_error")
    list_select_related = ("alert",)
    list_filter = ("channel", ("sent_at", admin.EmptyFieldListFilter))
    ordering = ("-pk",)
