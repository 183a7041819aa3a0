"""Texts from people in the ops console: nobody's texts, the review list, the numbers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from audiences.admin.people import by_phone
from audiences.models import Store
from audiences.staff import staff
from config.ops.marks import masked, state
from config.ops.operations import Answers, Operation, ReasonForm
from config.ops.pages import choice
from config.ops.roles import CARE, HOUSE, PEOPLE
from config.ops.rows import OpsAdmin
from messaging.inbound import review
from messaging.inbound.numbers import add_number, remove_number
from messaging.models import InboundAnswer, InboundMessage, InboundNumber, InboundSettings
from messaging.models.inbound import MEANINGS
from messaging.states import ANSWER, REVIEW


class StoreForm(ReasonForm):
    """Whose it is."""

    store = forms.ModelChoiceField(Store.objects.order_by("name", "pk"))


def is_open(message: InboundMessage) -> bool:
    """Whether somebody is to decide."""
    return message.review == "open"


def confirm(message: InboundMessage, answers: Answers, request: HttpRequest) -> str:
    """It was an opt-out."""
    review.confirm(message_id=message.pk, actor=staff(request), reason=answers["reason"])
    return "they are opted out."


def lift(message: InboundMessage, answers: Answers, request: HttpRequest) -> str:
    """It was none."""
    review.lift(message_id=message.pk, actor=staff(request), reason=answers["reason"])
    return "they may be texted again."


def settle(message: InboundMessage, answers: Answers, request: HttpRequest) -> str:
    """Nothing is to be done."""
    review.settle(message_id=message.pk, actor=staff(request), reason=answers["reason"])
    return "it is off the list."


def assign(message: InboundMessage, answers: Answers, request: HttpRequest) -> str:
    """It is a store's."""
    store: Store = answers["store"]
    review.assign(message_id=message.pk, store_id=store.pk, actor=staff(request), reason=answers["reason"])
    return f"it is {store}'s, and read anew."


def remove(number: InboundNumber, answers: Answers, request: HttpRequest) -> str:
    """The number is not ours any more, or the word nobody's."""
    remove_number(number_id=number.pk, actor=staff(request), reason=answers["reason"])
    return "it is removed."


@admin.register(InboundMessage)
class InboundMessageAdmin(OpsAdmin):
    """What people texted. Those of no store wait here for somebody to say whose they are."""

    kind = "inb"
    audited = "inbound"
    viewers = PEOPLE
    list_display = ("id", "received_at", "sender", "to", "store", state("meaning"), state("outcome"), state("review"))
    list_filter = (choice("review", REVIEW.states), choice("meaning", MEANINGS), ("store", admin.EmptyFieldListFilter))
    list_select_related = ("store",)
    search_help_text = "Id, public id or a whole phone number like +306971234567"
    exclude = ("phone", "phone_hash")
    readonly_fields = ("sender",)
    sortable_by = ()
    operations = (
        Operation(
            "confirm", "Opt out", "Whom it is about is opted out of the store, as by STOP.", confirm, CARE, is_open
        ),
        Operation("lift", "Lift the suppression", "The phone may be texted again.", lift, CARE, is_open),
        Operation("settle", "Take off the list", "Nothing else changes.", settle, CARE, is_open),
        Operation(
            "assign",
            "Give to a store",
            "The store sees the text, and what it asks for is done there.",
            assign,
            CARE,
            lambda message: is_open(message) and message.store_id is None,
            StoreForm,
        ),
    )

    @admin.display(description="from")
    def sender(self, message: InboundMessage) -> str:
        """Most of it hidden."""
        return masked(message.phone)

    def found(self, term: str) -> Q:
        """By id or phone."""
        hashed = by_phone(term)
        return Q(phone_hash=hashed) if hashed else super().found(term)


@admin.register(InboundAnswer)
class InboundAnswerAdmin(OpsAdmin):
    """What people were answered."""

    viewers = PEOPLE
    list_display = ("id", "created_at", "store", "message_id", "kind", state("state"), "reason", "campaign_id")
    list_filter = (choice("state", ANSWER.states),)
    list_select_related = ("store",)
    exclude = ("phone_hash",)
    raw_id_fields = ("message", "store")
    sortable_by = ()


@admin.register(InboundSettings)
class InboundSettingsAdmin(OpsAdmin):
    """How stores answer; they say so themselves."""

    list_display = ("store", "confirm_stop", "join", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    sortable_by = ()


@admin.register(InboundNumber)
class InboundNumberAdmin(OpsAdmin):
    """The numbers that people text, and whose they are."""

    audited = "inbound_number"
    writable = True
    editors = HOUSE
    list_display = ("number", "word", "account", "store", "created_at")
    list_select_related = ("account", "store")
    search_fields = ("pk", "number")
    raw_id_fields = ("store",)
    operations = (
        Operation(
            "remove",
            "Remove",
            "Later texts to it are nobody's, unless one store alone texted the phone.",
            remove,
            HOUSE,
            risky=True,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What a new one is made of."""
        return ("account", "number", "word", "store", *(("created_at",) if obj else ()))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is added and removed, never changed."""
        return False

    def save_model(self, request: HttpRequest, obj: InboundNumber, form: Any, change: bool) -> None:
        """By the service."""
        said = form.cleaned_data
        store = said["store"]
        made = add_number(
            account_id=said["account"].pk,
            number=said["number"],
            word=said["word"],
            store_id=store.pk if store else None,
            actor=staff(request),
        )
        obj.pk = made.pk
