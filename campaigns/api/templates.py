"""The library of texts, and starters to fill it with."""

import django_filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from campaigns.errors import NoMessageText
from campaigns.models import StoreTemplate
from campaigns.models.template import CATEGORIES
from campaigns.serializers_templates import CopyStarterBody, DuplicateBody, StarterShape, StartersShape, TemplateBody
from campaigns.services import templates
from campaigns.services.templates import TemplateNameTaken, TooManyTemplates
from campaigns.starters import BY_KEY, LANGUAGES, TRADES, choose
from config.idempotency import idempotent
from config.problems import InvalidFields, invalid

LANGUAGE = OpenApiParameter("language", str, enum=LANGUAGES, description="Only texts in this language.")
TRADE = OpenApiParameter("trade", str, enum=TRADES, description="Only texts for this trade.")


class TemplateFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What a list of templates can be narrowed by."""

    language = django_filters.CharFilter()
    category = django_filters.ChoiceFilter(choices=[(one, one) for one in CATEGORIES])


class TemplateViews(StoreViews[StoreTemplate]):
    """Templates."""

    kind = "tpl"
    queryset = StoreTemplate.objects.all()
    serializer_class = TemplateBody
    filterset_class = TemplateFilter

    def list(self, request: Request) -> Response:
        """The store's templates, newest first."""
        return self.page(self.get_queryset())

    @refuses(NoMessageText, TemplateNameTaken, TooManyTemplates)
    @idempotent
    def create(self, request: Request) -> Response:
        """Keep a text for later."""
        fields = self.body(TemplateBody).validated_data
        made = templates.create(store=self.caller.store, fields=fields, actor=self.caller.actor)
        return Response(self.read(made), status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """One template."""
        return Response(self.read(self.get_object()))

    @refuses(NoMessageText, TemplateNameTaken)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a template; campaigns that were written with it keep their text."""
        row = self.get_object()
        fields = self.body(TemplateBody, row=row).validated_data
        changed = templates.edit(store=self.caller.store, template_id=row.pk, fields=fields, actor=self.caller.actor)
        return Response(self.read(changed))

    def destroy(self, request: Request, id: str) -> Response:
        """Delete a template."""
        templates.delete(store_id=self.caller.store_id, template_id=self.get_object().pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=DuplicateBody, responses={201: TemplateBody})
    @refuses(TemplateNameTaken, TooManyTemplates)
    @action(detail=True, methods=["post"])
    @idempotent
    def duplicate(self, request: Request, id: str) -> Response:
        """The same text under another name."""
        row, name = self.get_object(), self.body(DuplicateBody).validated_data["name"].strip()
        made = templates.duplicate(store=self.caller.store, template_id=row.pk, actor=self.caller.actor, name=name)
        return Response(self.read(made), status=201)

    @extend_schema(responses=StartersShape, parameters=[LANGUAGE, TRADE], filters=False)
    @refuses(InvalidFields)
    @action(detail=False, filterset_class=None, pagination_class=None)
    def starters(self, request: Request) -> Response:
        """Texts to begin with, by trade and language."""
        language, trade = (request.query_params.get(name, "") for name in ("language", "trade"))
        _known("language", language, LANGUAGES)
        _known("trade", trade, TRADES)
        rows = choose(language=language, trade=trade)
        return Response({"next": None, "results": StarterShape(rows, many=True).data})

    @extend_schema(request=CopyStarterBody, responses={201: TemplateBody})
    @refuses(TemplateNameTaken, TooManyTemplates)
    @starters.mapping.post
    @idempotent
    def copy_starter(self, request: Request) -> Response:
        """Copy a starter into the store's library."""
        asked = self.body(CopyStarterBody).validated_data
        starter = BY_KEY.get(asked["starter"])
        if starter is None:
            raise invalid("/starter", "There is no such starter.", code="unknown_starter")
        made = templates.copy_starter(
            store=self.caller.store, starter=starter, actor=self.caller.actor, name=asked["name"].strip()
        )
        return Response(self.read(made), status=201)


def _known(name: str, value: str, values: tuple[str, ...]) -> None:
    if value and value not in values:
        raise invalid(f"/{name}", f"One of {', '.join(values)}.", code="invalid_choice")
