"""Contacts and what became of them: read only. Lists show no whole phone number."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from audiences.models import (
    ConsentEvent,
    Contact,
    ContactImport,
    ContactList,
    CustomerEvent,
    FrozenAudience,
    ImportProblem,
    ListMembership,
    Segment,
    Suppression,
)
from audiences.models.contacts import CONSENTS
from audiences.phones import CODES, BadPhone, normalise, phone_hash
from audiences.services.consent import lift, suppress
from audiences.staff import staff
from audiences.states import IMPORT
from config.ops.marks import bar, masked, rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import CARE, PEOPLE
from config.ops.rows import OpsAdmin


def by_phone(term: str) -> bytes | None:
    """The hash of a text that looks like a phone in E.164; it is what the index knows."""
    return phone_hash(term) if term.startswith("+") and term[1:].isdecimal() else None


@admin.register(Contact)
class ContactAdmin(OpsAdmin):
    """A person of a store."""

    kind = "con"
    viewers = PEOPLE
    list_display = ("id", "number", "first_name", "country", state("consent"), "store", "created_at")
    list_select_related = ("store",)
    search_help_text = "Id, public id or a whole phone number like +306971234567"
    sortable_by = ()

    @admin.display(description="phone")
    def number(self, contact: Contact) -> str:
        """Most of it hidden."""
        return masked(contact.phone)

    def found(self, term: str) -> Q:
        """By id or phone."""
        hashed = by_phone(term)
        return Q(phone_hash=hashed) if hashed else super().found(term)


@admin.register(ConsentEvent)
class ConsentEventAdmin(OpsAdmin):
    """A change of consent, with its evidence."""

    viewers = PEOPLE
    list_display = ("id", "store", "contact_id", "before", state("after"), "source", "actor", "created_at")
    list_select_related = ("store",)
    search_fields = ("pk", "contact_id__exact")
    sortable_by = ()

    def found(self, term: str) -> Q:
        """By its id or the contact's."""
        return Q(pk=int(term)) | Q(contact_id=int(term)) if term.isdecimal() else Q(pk__in=[])


@admin.register(CustomerEvent)
class CustomerEventAdmin(OpsAdmin):
    """What a customer did, as the store's own systems told it."""

    kind = "cev"
    viewers = PEOPLE
    list_display = ("id", "store", "contact_id", "name", "occurred_at", "created_at")
    list_select_related = ("store",)
    raw_id_fields = ("contact",)
    sortable_by = ()

    def found(self, term: str) -> Q:
        """By its id or the contact's. Index: customerevent_contact."""
        return super().found(term) | (Q(contact_id=int(term)) if term.isdecimal() else Q())


@admin.register(ContactList)
class ContactListAdmin(OpsAdmin):
    """A list of a store."""

    kind = "lst"
    list_display = ("name", "store", "created_at", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "name", "store__slug")


@admin.register(Segment)
class SegmentAdmin(OpsAdmin):
    """The rules by which a store chooses contacts."""

    kind = "seg"
    audited = "segment"
    list_display = ("name", "store", "created_at", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "name", "store__slug")
    sortable_by = ()


@admin.register(ListMembership)
class ListMembershipAdmin(OpsAdmin):
    """Who is on which list."""

    viewers = PEOPLE
    list_display = ("id", "list", "contact_id", "added_at")
    list_select_related = ("list",)
    sortable_by = ()


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A phone that must not be texted."""

    phone = forms.CharField(max_length=40, help_text="A whole number like +306971234567; only its hash is kept")

    def clean_phone(self) -> str:
        """The number in E.164."""
        try:
            return normalise(self.cleaned_data["phone"], country="").e164
        except BadPhone as error:
            raise forms.ValidationError(CODES[error.code]) from None


def lift_it(row: Suppression, answers: Answers, request: HttpRequest) -> str:
    """The phone may be texted again."""
    lift(
        store_id=row.store_id,
        suppression_id=row.pk,
        actor=staff(request),
        reason=answers["reason"],
        by_staff=True,
    )
    return "it is lifted."


@admin.register(Suppression)
class SuppressionAdmin(OpsAdmin):
    """Phones that must not be texted, known by their hash alone; without a store: not by any."""

    kind = "sup"
    viewers = PEOPLE
    writable = True
    editors = CARE
    form = SuppressionForm
    raw_id_fields = ("store",)
    operations = (
        Operation(
            "lift",
            "Lift the suppression",
            "The phone may be texted again, by every store when it stands for every store.",
            lift_it,
            CARE,
        ),
    )
    list_display = ("id", "store", state("reason"), "source", "created_at")
    list_select_related = ("store",)
    search_help_text = "Id or a whole phone number like +306971234567"
    sortable_by = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """What a new one is made of; later what is kept of it."""
        return ("store", "reason", "source", "created_at", "public") if obj else ("phone", "store")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is added and lifted, never changed."""
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        """By the service; a phone that is suppressed already stays so."""
        phone = form.cleaned_data["phone"]
        suppress(store_id=obj.store_id, phone=phone, reason="staff", source="ops", actor=staff(request))
        obj.pk = Suppression.objects.get(store=obj.store, phone_hash=phone_hash(phone), reason="staff").pk

    def found(self, term: str) -> Q:
        """By id or phone."""
        hashed = by_phone(term)
        return Q(phone_hash=hashed) if hashed else super().found(term)


@admin.register(ContactImport)
class ContactImportAdmin(OpsAdmin):
    """An import and how far it got."""

    kind = "imp"
    viewers = PEOPLE
    list_display = ("id", "file_name", "store", state("status"), "done", "created", "updated", "problems", "created_at")
    list_filter = (choice("status", IMPORT.states), choice("consent", CONSENTS))
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    sortable_by = ()

    @admin.display(description="done")
    def done(self, row: ContactImport) -> str:
        """How much of the work is done, in percent."""
        return bar(done=row.progress, of=100)

    @admin.display(description="refused")
    def problems(self, row: ContactImport) -> str:
        """The rows that were refused."""
        return rows_of(ImportProblem, str(row.refused), contact_import__id__exact=row.pk)


@admin.register(ImportProblem)
class ImportProblemAdmin(OpsAdmin):
    """A row of a file that was refused."""

    viewers = PEOPLE
    list_display = ("contact_import_id", "row", "column", state("code"))
    sortable_by = ()


@admin.register(FrozenAudience)
class FrozenAudienceAdmin(OpsAdmin):
    """Audiences as they were when campaigns were planned for them."""

    list_display = ("id", "store", "size", "created_at")
    list_select_related = ("store",)
    sortable_by = ()
