"""Books that nobody edits; credits, holds and plans that staff sets by the services; prices to come."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from audiences.staff import staff
from billing.admin.plans import PlanForm, give_plan
from billing.models import CreditAccount, CreditReservation, LedgerEntry, Price
from billing.models.accounts import KINDS
from billing.pricing import set_price, withdraw_price
from billing.refunding import REFUNDABLE, set_refund_policy
from billing.services import account_of, adjust, grant
from billing.standing import set_billing_hold
from billing.states import RESERVATION
from config.ops.marks import bar, rows_of, state
from config.ops.operations import Answers, Operation, ReasonForm
from config.ops.pages import choice
from config.ops.roles import MONEY
from config.ops.rows import OpsAdmin
from config.problems import invalid


class GrantForm(ReasonForm):
    """How many credits. The form carries the entry's key, so that sending it twice grants once."""

    amount = forms.IntegerField(min_value=1, max_value=100_000_000, help_text="Credits to add.")
    key = forms.CharField(max_length=32, initial=lambda: uuid4().hex, widget=forms.HiddenInput)
    field_order = ("amount", "reason")


class AdjustForm(GrantForm):
    """As a grant, with a sign."""

    amount = forms.IntegerField(
        min_value=-100_000_000, max_value=100_000_000, help_text="Credits to add, or with a minus to take."
    )


def give(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """Grant credits."""
    entry = grant(
        store_id=account.store_id,
        amount=answers["amount"],
        key=f"staff:{answers['key']}:{account.pk}",
        label=answers["reason"],
        actor=staff(request),
    )
    return _told(entry, "granted")


def correct(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """Adjust the balance."""
    if not answers["amount"]:
        raise invalid("/amount", "An adjustment of 0 credits is none.")
    entry = adjust(
        store_id=account.store_id,
        amount=answers["amount"],
        key=f"staff:{answers['key']}:{account.pk}",
        label=answers["reason"],
        actor=staff(request),
    )
    return _told(entry, "adjusted by")


def put_on_hold(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """The store begins nothing that costs."""
    set_billing_hold(store_id=account.store_id, on=True, actor=staff(request), reason=answers["reason"])
    return "is on hold; what was launched before goes on."


def take_off_hold(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """It may again."""
    set_billing_hold(store_id=account.store_id, on=False, actor=staff(request), reason=answers["reason"])
    return "is not on hold any more."


class RefundForm(ReasonForm):
    """For which failures."""

    reasons = forms.MultipleChoiceField(choices=[(one, one.replace("_", " ")) for one in REFUNDABLE], required=False)
    field_order = ("reasons", "reason")


def refund_for(account: CreditAccount, answers: Answers, request: HttpRequest) -> str:
    """Set the refund policy."""
    reasons = answers["reasons"]
    set_refund_policy(store_id=account.store_id, reasons=reasons, actor=staff(request), reason=answers["reason"])
    return f"gets credits back for: {', '.join(reasons) or 'nothing'}."


def _told(entry: LedgerEntry, what: str) -> str:
    once = "had been" if entry.repeated else "was"
    return f"{once} {what} {entry.amount} credits; the balance is {entry.balance_after}."


@admin.register(CreditAccount)
class CreditAccountAdmin(OpsAdmin):
    """A store's credits."""

    kind = "acc"
    audited = "account"
    editors = MONEY
    list_display = ("store", "balance", "held", "available", "overdraft", "allowance", "ledger", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug", "store__name__icontains")
    raw_id_fields = ("store",)
    operations = (
        Operation(
            "grant",
            "Grant credits",
            "The balance grows, and the ledger says who gave and why.",
            give,
            MONEY,
            form=GrantForm,
        ),
        Operation(
            "adjust",
            "Adjust the balance",
            "A correction in the ledger. What open reservations hold cannot be taken.",
            correct,
            MONEY,
            form=AdjustForm,
            risky=True,
        ),
        Operation(
            "set_plan",
            "Set the plan",
            "Another plan begins a period now, with its free credits; what was left of the old ones lapses.",
            give_plan,
            MONEY,
            form=PlanForm,
        ),
        Operation(
            "refund_policy",
            "Set the refunds",
            "Of messages that stayed undelivered for a day for these reasons the credits come back.",
            refund_for,
            MONEY,
            form=RefundForm,
        ),
        Operation(
            "hold",
            "Put on hold",
            "The store can begin nothing that costs; the reason is shown to it. What was launched before goes on.",
            put_on_hold,
            MONEY,
            applies=lambda account: account.hold_since is None,
        ),
        Operation(
            "lift_hold",
            "Take off hold",
            "The store may begin to send again.",
            take_off_hold,
            MONEY,
            applies=lambda account: account.hold_since is not None,
        ),
    )

    @admin.display(description="ledger")
    def ledger(self, account: CreditAccount) -> str:
        """Its entries."""
        return rows_of(LedgerEntry, "entries", account__id__exact=account.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A store that never had credits has no account yet: adding one makes it, empty."""
        return self.may_edit(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new account has nothing but its store."""
        return super().get_fields(request, obj) if obj else ("store",)

    def save_model(self, request: HttpRequest, obj: CreditAccount, form: Any, change: bool) -> None:
        """By the service."""
        obj.pk = account_of(obj.store_id).pk


@admin.register(LedgerEntry)
class LedgerEntryAdmin(OpsAdmin):
    """Every change of a balance. Append-only."""

    kind = "led"
    list_display = ("id", "created_at", "store", state("kind"), "amount", "balance_after", "label", "key", "actor")
    list_filter = (choice("kind", KINDS),)
    list_select_related = ("account__store",)
    search_fields = ("pk", "key", "account__store__slug")
    sortable_by = ()

    @admin.display(description="store")
    def store(self, entry: LedgerEntry) -> str:
        """Whose."""
        return entry.account.store.name


@admin.register(CreditReservation)
class CreditReservationAdmin(OpsAdmin):
    """Holds, and how much of each is used."""

    kind = "res"
    list_display = (
        "id",
        "label",
        "key",
        "store",
        state("state"),
        "amount",
        "charged",
        "released",
        "used",
        "created_at",
    )
    list_filter = (choice("state", RESERVATION.states),)
    list_select_related = ("account__store",)
    search_fields = ("pk", "key", "account__store__slug")
    sortable_by = ()

    @admin.display(description="store")
    def store(self, hold: CreditReservation) -> str:
        """Whose."""
        return hold.account.store.name

    @admin.display(description="used")
    def used(self, hold: CreditReservation) -> str:
        """Charged or given back, of what was held."""
        return bar(done=hold.charged + hold.released, of=hold.amount)


@admin.register(Price)
class PriceAdmin(OpsAdmin):
    """Credits per part. A price that has begun stays; one that has not can be withdrawn."""

    audited = "price"
    editors = MONEY
    list_display = ("country_or_other", "credits_per_part", "valid_from")
    search_fields = ("pk", "country__iexact")
    fields = ("country", "credits_per_part", "valid_from")

    @admin.display(description="country", ordering="country")
    def country_or_other(self, price: Price) -> str:
        """The code, or that it is for all others."""
        return price.country or "every other"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may change prices adds one."""
        return self.may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what has not begun."""
        return self.may_edit(request) and (obj is None or obj.valid_from > timezone.now())

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        """By the service."""
        made = set_price(
            country=obj.country,
            credits_per_part=obj.credits_per_part,
            valid_from=obj.valid_from,
            actor=staff(request),
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Price) -> None:
        """By the service."""
        withdraw_price(price_id=obj.pk, actor=staff(request))
