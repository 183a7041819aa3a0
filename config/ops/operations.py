"""What staff may do to a row: asked on a page of its own, with a reason, done by a service that writes the audit."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from config.ops.marks import name_of
from config.ops.roles import Roles
from config.problems import Problem

MOST = 100  # rows at once: each is a transaction of its own


class ReasonForm(forms.Form):
    """Why: it is kept in the audit."""

    reason = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}))


Answers = Mapping[str, Any]


class Operation(NamedTuple):
    """One thing that can be done to a row.

    `perform(row, answers, request)` calls a service and returns what to tell; what it raises as a Problem is told too.
    `roles`: who may do it. `applies`: whether a row's page offers it; the service decides anew. `warning`: what it
    means, for who is asked. `risky`: it costs, or cannot be taken back, and looks so.
    """

    name: str
    label: str
    warning: str
    perform: Callable[[Any, Answers, HttpRequest], str]
    roles: Roles
    applies: Callable[[Any], bool] = lambda _: True
    form: type[forms.Form] = ReasonForm
    risky: bool = False


def run(
    console: "admin.ModelAdmin[Any]", operation: Operation, request: HttpRequest, rows: "QuerySet[Any]"
) -> HttpResponse:
    """Ask, and when it was answered, do it to each row and tell what came of each."""
    chosen = list(rows[:MOST])
    form = operation.form(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        for row in chosen:
            _do(operation, row, form.cleaned_data, request)
        return redirect(_address(console.opts, chosen))
    context = {
        **console.admin_site.each_context(request),
        "title": operation.label,
        "opts": console.opts,
        "operation": operation,
        "rows": [(row.pk, name_of(row)) for row in chosen],
        "form": form,
        "checkbox": ACTION_CHECKBOX_NAME,
        "back": _address(console.opts, chosen),
    }
    return render(request, "admin/operation.html", context)


def _do(operation: Operation, row: Model, answers: Answers, request: HttpRequest) -> None:
    try:
        messages.success(request, f"{name_of(row)}: {operation.perform(row, answers, request)}")
    except Problem as problem:
        messages.error(request, f"{name_of(row)}: {problem.detail}")


def _address(opts: "Options[Any]", rows: list[Any]) -> str:
    """The page of the only row, else the list."""
    page = f"admin:{opts.app_label}_{opts.model_name}"
    return reverse(f"{page}_change", args=[rows[0].pk]) if len(rows) == 1 else reverse(f"{page}_changelist")
