"""Contacts and what became of them: read only. Lists show no whole phone number."""

from django.contrib import admin
from django.db.models import Q

from audiences.models import (
    ConsentEvent,
    Contact,
    ContactImport,
    ContactList,
    ImportProblem,
    ListMembership,
    Suppression,
)
from audiences.models.contacts import CONSENTS
from audiences.phones import phone_hash
from audiences.states import IMPORT
from config.ops.marks import bar, masked, rows_of, state
from config.ops.pages import choice
from config.ops.rows import OpsAdmin


def by_phone(term: str) -> bytes | None:
    """The hash of a text that looks like a phone in E.164; it is what the index knows."""
    return phone_hash(term) if term.startswith("+") and term[1:].isdecimal() else None


@admin.register(Contact)
class ContactAdmin(OpsAdmin):
    """A person of a store."""

    kind = "con"
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

    list_display = ("id", "store", "contact_id", "before", state("after"), "source", "actor", "created_at")
    list_select_related = ("store",)
    search_fields = ("pk", "contact_id__exact")
    sortable_by = ()

    def found(self, term: str) -> Q:
        """By its id or the contact's."""
        return Q(pk=int(term)) | Q(contact_id=int(term)) if term.isdecimal() else Q(pk__in=[])


@admin.register(ContactList)
class ContactListAdmin(OpsAdmin):
    """A list of a store."""

    kind = "lst"
    list_display = ("name", "store", "created_at", "updated_at")
    list_select_related = ("store",)
    search_fields = ("pk", "name", "store__slug")


@admin.register(ListMembership)
class ListMembershipAdmin(OpsAdmin):
    """Who is on which list."""

    list_display = ("id", "list", "contact_id", "added_at")
    list_select_related = ("list",)
    sortable_by = ()


@admin.register(Suppression)
class SuppressionAdmin(OpsAdmin):
    """Phones that must not be texted, known by their hash alone."""

    kind = "sup"
    list_display = ("id", "store", state("reason"), "source", "created_at")
    list_select_related = ("store",)
    search_help_text = "Id or a whole phone number like +306971234567"
    sortable_by = ()

    def found(self, term: str) -> Q:
        """By id or phone."""
        hashed = by_phone(term)
        return Q(phone_hash=hashed) if hashed else super().found(term)


@admin.register(ContactImport)
class ContactImportAdmin(OpsAdmin):
    """An import and how far it got."""

    kind = "imp"
    list_display = ("id", "file_name", "store", state("status"), "done", "created", "updated", "problems", "created_at")
    list_filter = (choice("status", IMPORT.states), choice("consent", CONSENTS))
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    sortable_by = ()

    @admin.display(description="read")
    def done(self, row: ContactImport) -> str:
        """How much of the file was read."""
        return bar(done=min(row.offset, row.file_bytes), of=row.file_bytes)

    @admin.display(description="refused")
    def problems(self, row: ContactImport) -> str:
        """The rows that were refused."""
        return rows_of(ImportProblem, str(row.refused), contact_import__id__exact=row.pk)


@admin.register(ImportProblem)
class ImportProblemAdmin(OpsAdmin):
    """A row of a file that was refused."""

    list_display = ("contact_import_id", "row", "column", state("code"))
    sortable_by = ()
