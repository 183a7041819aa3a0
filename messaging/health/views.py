"""The probes, and the state of the workers for people and programs."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.auth import ApiKeyAuthentication, Caller
from audiences.models import Store, User
from audiences.tenancy import StoreViews
from config.heartbeats import beating_since, processes
from messaging.health.checks import readiness
from messaging.health.sweeps import sweeps
from messaging.health.work import depths, work
from messaging.watchdog.alerts import open_alerts


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while this process answers, whatever else is broken: what a supervisor restarts by."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503: each part with its reason."""
    checks = readiness()
    ready = all(check.ok for check in checks)
    body = {"status": "ok" if ready else "degraded", "checks": [check._asdict() for check in checks]}
    return JsonResponse(body, status=200 if ready else 503)


class QueueDepth(serializers.Serializer[Any]):
    """A queue of the broker: hints that wait, and who consumes them."""

    name = serializers.CharField()
    waiting = serializers.IntegerField(allow_null=True, help_text="null: the broker cannot be asked.")
    workers = serializers.IntegerField()


class WorkShape(serializers.Serializer[Any]):
    """What waits in the database."""

    batches = serializers.DictField(child=serializers.IntegerField(), help_text="Batches that are not done, by state.")
    oldest_batch = serializers.FloatField(allow_null=True, help_text="Seconds since the oldest batch became due.")
    receipts = serializers.IntegerField(help_text="Receipts that are not applied.")
    oldest_receipt = serializers.FloatField(allow_null=True, help_text="Seconds since the oldest arrived.")


class ProcessShape(serializers.Serializer[Any]):
    """A process that beats."""

    name = serializers.CharField()
    kind = serializers.CharField()
    queues = serializers.ListField(child=serializers.CharField())
    alive = serializers.BooleanField()
    age = serializers.FloatField(help_text="Seconds since its last beat.")


class SweepShape(serializers.Serializer[Any]):
    """A sweep and its last run."""

    name = serializers.CharField()
    every = serializers.FloatField(help_text="Seconds.")
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="What the last good run did.")
    error = serializers.CharField(help_text="The kind of error that the last run ended with.")
    runs = serializers.IntegerField()
    late = serializers.BooleanField()


class AlertShape(serializers.Serializer[Any]):
    """Trouble that the watchdog sees and no sweep can mend."""

    name = serializers.CharField(help_text="See docs/alerts.md.")
    detail = serializers.CharField()
    opened_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()


class JobsShape(serializers.Serializer[Any]):
    """Queues, work, processes, sweeps and open alerts (at most 100)."""

    queues = QueueDepth(many=True)
    work = WorkShape()
    processes = ProcessShape(many=True)
    sweeps = SweepShape(many=True)
    alerts = AlertShape(many=True)


class KeyOrStaff(BasePermission):
    """Any valid key, or somebody of the staff."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether one of the two asks."""
        staff = isinstance(request.user, User) and request.user.is_staff and request.user.is_active
        return staff or isinstance(request.auth, Caller)


class JobsView(StoreViews[Store]):
    """The state of the workers: the house's, not a store's, so it names nothing of anybody."""

    kind = "str"
    operation = "jobs"
    unlimited = True
    queryset = Store.objects.all()
    authentication_classes = [ApiKeyAuthentication, SessionAuthentication]
    permission_classes = [KeyOrStaff]

    @extend_schema(responses=JobsShape, auth=[{"key": []}])  # type: ignore[list-item]
    def retrieve(self, request: Request) -> Response:
        """How deep the queues are, how old the oldest work is, who works, and when each sweep last ran."""
        return Response(JobsShape(jobs()).data)


def jobs() -> dict[str, Any]:
    """Everything that `JobsShape` shows: seven statements and a question to Redis per queue."""
    seen = processes()
    alive = [process for process in seen if process.alive]
    queues = [
        {"name": name, "waiting": rings, "workers": sum(name in one.queues for one in alive)}
        for name, rings in depths().items()
    ]
    return {
        "queues": queues,
        "work": work(),
        "processes": seen,
        "sweeps": sweeps(since=beating_since(seen)),
        "alerts": open_alerts()[:100],
    }
