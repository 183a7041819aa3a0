"""The model admin that all others come from."""

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config.opaque import private_id, public_id
from config.ops.marks import name_of, state
from config.ops.operations import Operation, run
from config.ops.pages import CarefulPaginator
from config.ops.roles import EVERYBODY, NOBODY, Roles, may
from config.problems import Problem

if TYPE_CHECKING:
    Admin = admin.ModelAdmin[Any]
else:
    Admin = admin.ModelAdmin

BIGGEST = 2**63 - 1
RELATED = 1000  # rows of another table by which a search finds its own
STATES = ("status", "state", "outcome", "review", "consent", "meaning", "move")


class OpsAdmin(Admin):
    """Shows rows and changes none; staff acts on them by `operations`.

    `kind`: of the rows' public ids, by which they can be found; `audited`: how the audit calls a row (`<this>:<id>`);
    `search_fields`: look-ups that an index serves, tried with the whole text; `writable`: rows can be added and
    changed in the form, which calls a service to save. `viewers`: roles that may look; `editors`: that may write.
    """

    kind: ClassVar[str] = ""
    audited: ClassVar[str] = ""
    operations: ClassVar[tuple[Operation, ...]] = ()
    writable: ClassVar[bool] = False
    viewers: ClassVar[Roles] = EVERYBODY
    editors: ClassVar[Roles] = NOBODY
    search_fields: ClassVar[tuple[str, ...]] = ("pk",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the table once per value of each filter
    paginator = CarefulPaginator
    change_form_template = "admin/ops_change_form.html"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **options: Any) -> Any:
        """What the table lets be empty may be left empty: our columns say so by NULL or by an empty object."""
        if isinstance(db_field, models.URLField):
            options |= {"assume_scheme": "https", "widget": forms.URLInput(attrs={"class": "vURLField"})}
        if isinstance(db_field, models.JSONField):
            options["widget"] = forms.Textarea(attrs={"rows": 3, "cols": 60})
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field and (db_field.null or isinstance(db_field, models.JSONField)):
            field.required = False
            field.show_hidden_initial = False  # what changed is judged against the row, not against the sender's word
        return field

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only where the form may write."""
        return self.writable and self.may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only where the form may write."""
        return self.writable and self.may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The roles that may look."""
        return may(request.user, self.viewers)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether it is in the menu."""
        return self.has_view_permission(request)

    def may_edit(self, request: HttpRequest) -> bool:
        """The roles that may write."""
        return may(request.user, self.editors)

    def allowed(self, request: HttpRequest) -> list[Operation]:
        """The operations that the user may do."""
        return [one for one in self.operations if may(request.user, one.roles)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The operations, for those who may."""
        if IS_POPUP_VAR in request.GET:
            return {}
        return {one.name: (partial(_run, one), one.name, one.label) for one in self.allowed(request)}

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> "tuple[QuerySet[Any], bool]":
        """Rows by id, public id or an indexed column; never LIKE over a large table."""
        term = search_term.strip()
        return (queryset.filter(self.found(term)) if term else queryset), False

    def found(self, term: str) -> Q:
        """What a search for a text means."""
        number = int(term) if term.isdecimal() and int(term) <= BIGGEST else private_id(term, kind=self.kind)
        where = Q(pk=number) if number is not None else Q(pk__in=[])
        for lookup in self.search_fields:
            if lookup != "pk":
                where |= self._by(lookup, term)
        return where

    def _by(self, lookup: str, term: str) -> Q:
        """One look-up. A column of another table is asked first: OR over a join would read the whole of this one."""
        column, _, rest = lookup.partition("__")
        related: Any = self.opts.get_field(column).related_model
        if related is None:
            return Q(**{lookup: term})
        keys = related._default_manager.filter(**{rest: term}).order_by("pk").values_list("pk", flat=True)
        return Q(**{f"{column}__in": list(keys[:RELATED])})

    @admin.display(description="public id")
    def public(self, row: Any) -> str:
        """The id under which the API and the merchant know the row."""
        return public_id(row.pk, kind=self.kind) if row.pk else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """What the admin names, the states as badges, and the public id."""
        names = {field.name for field in self.opts.fields}
        badges = tuple(state(name) for name in STATES if name in names)
        return (*super().get_readonly_fields(request, obj), *badges, *(("public",) if self.kind and obj else ()))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields, each once, a state where its column stands."""
        names: Any = super().get_fields(request, obj)
        return list(dict.fromkeys(state(name) if name in STATES else name for name in names))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a row. What a service refuses is told on the same page; nothing was changed then."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Problem as problem:
            return _refused(problem, request)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The question before a row is deleted; refusals are told as above."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except Problem as problem:
            return _refused(problem, request)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """With a button for each operation that applies to the row."""
        row = options.get("obj")
        offered = [one for one in self.allowed(request) if row and one.applies(row)]
        list_page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        audit = f"{self.audited}:{row.pk}" if row and self.audited else ""
        context |= {"operations": offered, "list_page": list_page, "audit": audit, "subtitle": name_of(row)}
        return super().render_change_form(request, context, *args, **options)


def _refused(problem: Problem, request: HttpRequest) -> HttpResponse:
    messages.error(request, problem.detail)
    return redirect(request.get_full_path())


def _run(operation: Operation, console: OpsAdmin, request: HttpRequest, rows: "QuerySet[Any]") -> HttpResponse:
    return run(console, operation, request, rows)
