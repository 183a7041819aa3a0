"""Segments: rules that choose contacts."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import FixedSegment, NameTaken, SegmentInUse
from audiences.models import Contact, Segment
from audiences.openapi import refuses
from audiences.pagination import IdCursorPagination
from audiences.segments.count import preview
from audiences.segments.grammar import parse
from audiences.segments.registry import SYSTEM, SystemSegment, catalogue
from audiences.segments.sight import Sight, sight_of
from audiences.segments.system import PREFIX
from audiences.serializers_segments import (
    ID_PATTERN,
    CatalogueShape,
    PreviewSegmentBody,
    SegmentBody,
    SegmentPreviewShape,
    WholeSegmentBody,
)
from audiences.services.segments import create_segment, delete_segment, update_segment
from audiences.tenancy import StoreViews
from config.opaque import private_id, public_id
from config.problems import NotFound, invalid


class SystemFirst(IdCursorPagination[Any]):
    """The system segments, then the store's own, newest first."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: "QuerySet[Segment]", request: Request, view: Any = None
    ) -> list[Segment | SystemSegment]:
        """The page that the cursor names. Raises InvalidFields for a bad `limit` or `cursor`."""
        limit, cursor = self._limit(request), request.query_params.get("cursor")
        start = private_id(cursor, kind="sys") if cursor else 0
        if start is None:
            return super().paginate_queryset(queryset, request, view)
        system = list(SYSTEM.values())[start : start + limit]
        room = limit - len(system)
        own = list(queryset.order_by(*self.ordering)[: room + 1])
        page: list[Segment | SystemSegment] = [*system, *own[:room]]
        if len(own) > room or start + len(system) < len(SYSTEM):
            last = public_id(own[room - 1].pk, kind="cur") if room else public_id(start + len(system), kind="sys")
            self.next_url = self._address(request, cursor=last)
        return page


class SegmentViews(StoreViews[Segment]):
    """Segments."""

    kind = "seg"
    contextual = True
    id_pattern = ID_PATTERN
    queryset = Segment.objects.all()
    serializer_class = SegmentBody
    pagination_class = SystemFirst
    needs = {"preview": "read"}

    @property
    def sight(self) -> Sight:
        """The caller's store as it is now."""
        return sight_of(self.caller.store, at=timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        """With the sight in which rules are read and shown."""
        context = dict(super().get_serializer_context())
        return context if getattr(self, "swagger_fake_view", False) else {**context, "sight": self.sight}

    def get_serializer_class(self) -> Any:
        """One segment is shown with what it chooses; a list is not: each would be counted."""
        return WholeSegmentBody if self.action == "retrieve" else SegmentBody

    def list(self, request: Request) -> Response:
        """The segments that every store has, then the store's own, newest first."""
        return self.page(self.get_queryset())

    @refuses(NameTaken)
    def create(self, request: Request) -> Response:
        """Make a segment. Rules that are not understood are refused, each with its place."""
        fields = self.body(SegmentBody).validated_data
        made = create_segment(store=self.caller.store, actor=self.caller.actor, **fields)
        return Response(self.read(made), status=201)

    @extend_schema(responses=WholeSegmentBody)
    def retrieve(self, request: Request, id: str) -> Response:
        """One segment, in words, and how many contacts are in it now."""
        return Response(self.read(self.any_object()))

    @refuses(NameTaken, FixedSegment)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a segment; what is left out stays. Quotes made before show a difference."""
        row = self.own_object()
        fields = self.body(SegmentBody, row=row).validated_data
        changed = update_segment(store=self.caller.store, segment_id=row.pk, actor=self.caller.actor, **fields)
        return Response(self.read(changed))

    @refuses(SegmentInUse, FixedSegment)
    def destroy(self, request: Request, id: str) -> Response:
        """Delete a segment that no scheduled campaign is for."""
        delete_segment(store_id=self.caller.store_id, segment_id=self.own_object().pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=PreviewSegmentBody, responses={200: SegmentPreviewShape})
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What rules would choose now: how many, the first of them, what each rule leaves, and why not a contact."""
        asked = self.body(PreviewSegmentBody).validated_data
        sight, contact_id = self.sight, asked.get("contact")
        if contact_id is not None and not self._known(contact_id):
            raise invalid("/contact", "There is no such contact.", code="unknown_id")
        found = preview(parse(asked["rules"], sight=sight), sight=sight, contact_id=contact_id)
        return Response(SegmentPreviewShape(found).data)

    @extend_schema(responses=CatalogueShape)
    @action(detail=False, pagination_class=None)
    def rules(self, request: Request) -> Response:
        """Every rule that segments of the store can be made of, with its operators and what they take."""
        return Response(CatalogueShape({"results": catalogue(custom=self.caller.store.custom_fields)}).data)

    def any_object(self) -> Segment | SystemSegment:
        """The segment in the path, a system segment too. Raises NotFound."""
        name = self.kwargs["id"]
        if not name.startswith(PREFIX):
            return self.get_object()
        if name.removeprefix(PREFIX) not in SYSTEM:
            raise NotFound
        return SYSTEM[name.removeprefix(PREFIX)]

    def own_object(self) -> Segment:
        """The store's own segment in the path. Raises NotFound, FixedSegment."""
        row = self.any_object()
        if isinstance(row, SystemSegment):
            raise FixedSegment
        return row

    def _known(self, contact_id: int) -> bool:
        return Contact.objects.filter(pk=contact_id, store_id=self.caller.store_id, erased_at=None).exists()
