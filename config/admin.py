"""The house's own rows in the ops console: all read only, the schedule too (it is a table in code)."""

import django_celery_beat.admin  # noqa: F401 - theirs are registered first
from django.contrib import admin
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from config.models import AuditEvent, Heartbeat, IdempotencyRecord, SweepRun
from config.ops.marks import badge
from config.ops.rows import OpsAdmin

# A sweep that was switched off in a form would be missed by nobody.
admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


@admin.register(AuditEvent)
class AuditEventAdmin(OpsAdmin):
    """Who did what."""

    kind = "aud"
    list_display = ("id", "created_at", "actor", "action", "subject", "store_id", "reason")
    search_fields = ("pk", "subject")
    search_help_text = "Id, public id or subject, e.g. store:1 or campaign:42"
    sortable_by = ()


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

    list_display = ("id", "store_id", "key", "status", "created_at")
    exclude = ("body",)
    sortable_by = ()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(OpsAdmin):
    """When Beat rings for what, as written from the schedule at its start."""

    list_display = ("name", "interval", "enabled", "last_run_at", "total_run_count")
    list_select_related = ("interval",)
    search_fields = ("pk", "name")
