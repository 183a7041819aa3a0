"""The store's audit."""

import django_filters
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.filters import MomentFilter
from audiences.serializers_access import SUBJECTS, AuditShape
from audiences.tenancy import StoreViews
from config.models import AuditEvent
from config.opaque import private_id
from config.problems import invalid
from config.wire import ActorField


class AuditFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the audit can be narrowed by."""

    action = django_filters.CharFilter(max_length=100, help_text="E.g. `campaign.launch`.")
    actor = django_filters.CharFilter(method="by_actor", help_text="As shown, e.g. `user:usr_…` or `system`.")
    subject = django_filters.CharFilter(method="by_subject", help_text="As shown, e.g. `campaign:cmp_…`.")
    since = MomentFilter(field_name="created_at", lookup_expr="gte", help_text="From this time on.")
    until = MomentFilter(field_name="created_at", lookup_expr="lt", help_text="Before this time.")

    def by_actor(self, rows: "QuerySet[AuditEvent]", name: str, value: str) -> "QuerySet[AuditEvent]":
        """Index: audit_actor."""
        return rows.filter(actor=_stored(value, kinds=ActorField.KINDS, at="/actor"))

    def by_subject(self, rows: "QuerySet[AuditEvent]", name: str, value: str) -> "QuerySet[AuditEvent]":
        """Index: audit_subject."""
        return rows.filter(subject=_stored(value, kinds=SUBJECTS, at="/subject"))


def _stored(shown: str, *, kinds: dict[str, str], at: str) -> str:
    """The stored form of `<word>:<public id>`. Raises InvalidFields for an id that is made up."""
    word, _, text = shown.partition(":")
    if word not in kinds:
        return shown
    number = private_id(text, kind=kinds[word])
    if number is None:
        raise invalid(at, "Not an id of ours.")
    return f"{word}:{number}"


class AuditViews(StoreViews[AuditEvent]):
    """Who did what."""

    kind = "aud"
    needs = {"*": "admin"}
    queryset = AuditEvent.objects.all()
    serializer_class = AuditShape
    filterset_class = AuditFilter

    def list(self, request: Request) -> Response:
        """Every change made by people, keys, staff and the house itself, newest first."""
        return self.page(self.get_queryset())
