"""The house's own rows in the ops console: all read only, the schedule too (it is a table in code)."""

from typing import Any

import django_celery_beat.admin  # noqa: F401 - theirs are registered first
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, StrIndex, Substr
from django.http import HttpRequest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from config.models import AuditEvent, Heartbeat, IdempotencyRecord, SweepRun
from config.ops.marks import about, badge, change
from config.ops.roles import HOUSE
from config.ops.rows import OpsAdmin

# A sweep that was switched off in a form would be missed by nobody.
admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


class ByStaff(admin.SimpleListFilter):
    """What staff did. Index: audit_staff; other actors have none without a store."""

    title, parameter_name = "actor", "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Staff alone, or everybody."""
        return [("staff", "staff")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        """Narrowed."""
        return queryset.filter(actor__startswith="staff:") if self.value() == "staff" else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(OpsAdmin):
    """Who did what, why, and what it was before and after."""

    kind = "aud"
    list_display = ("created_at", "who", "action", "what", "changed", "reason", "store_id")
    list_filter = (ByStaff,)
    search_fields = ("pk", "subject")
    search_help_text = "Id, public id or subject, e.g. store:1 or campaign:42"
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AuditEvent]":
        """With the address of staff and users: the number alone says little. The CASE keeps other actors from CAST."""
        number = Cast(Substr("actor", StrIndex("actor", Value(":")) + 1), BigIntegerField())
        person = Case(When(actor__regex=r"^(staff|user):[0-9]{1,18}$", then=number))
        who = get_user_model().objects.filter(pk=OuterRef("person")).values("email")[:1]
        rows: QuerySet[AuditEvent] = super().get_queryset(request)
        return rows.annotate(person=person, email=Subquery(who))

    @admin.display(description="who")
    def who(self, event: Any) -> str:
        """The actor, and whose number it is."""
        return f"{event.actor} {event.email}" if event.email else str(event.actor)

    @admin.display(description="what")
    def what(self, event: AuditEvent) -> str:
        """Its subject."""
        return about(event.subject)

    @admin.display(description="before → after")
    def changed(self, event: AuditEvent) -> str:
        """The change."""
        return change(event.facts)


@admin.register(Heartbeat)
class HeartbeatAdmin(OpsAdmin):
    """Processes that live, or lived."""

    list_display = ("name", "kind", "queues", "host", "pid", "fingerprint", "started_at", "beat_at")
    search_fields = ("pk", "name", "host")


@admin.register(SweepRun)
class SweepRunAdmin(OpsAdmin):
    """The last run of each sweep."""

    list_display = ("name", "outcome", "started_at", "finished_at", "runs", "counts")
    search_fields = ("pk", "name")

    @admin.display(description="outcome")
    def outcome(self, run: SweepRun) -> str:
        """How it ended."""
        return badge("failed" if run.error else "completed" if run.finished_at else "running")


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(OpsAdmin):
    """Stored answers, without the answer: it is the merchant's."""

    viewers = HOUSE
    list_display = ("id", "store_id", "key", "status", "created_at")
    exclude = ("body",)
    sortable_by = ()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(OpsAdmin):
    """When Beat rings for what, as written from the schedule at its start."""

    list_display = ("name", "interval", "enabled", "last_run_at", "total_run_count")
    list_select_related = ("interval",)
    search_fields = ("pk", "name")
