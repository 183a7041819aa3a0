"""The store's join page: on or off, its words, its address as a QR code, and what came of it."""

from typing import Any

import segno
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import JoinPage, Store
from audiences.models.joining import WORDING_MAX
from audiences.services.join_page import edit_page, figures, join_address
from audiences.services.joining import page_of
from audiences.tenancy import StoreViews
from audiences.wording import wording_of
from config.wire import Body

LANGUAGES = ("en", "el")
SVG = '<svg xmlns="http://www.w3.org/2000/svg"'  # what makes a file of the drawing
QUIET_ZONE = 4  # modules of white around the code, as its standard asks


class Svg(JSONRenderer):
    """Lets a client ask for an SVG. The drawing passes it by, so that it renders problems only."""

    media_type = "image/svg+xml"
    format = "svg"


class AsTheyCome(BaseContentNegotiation):
    """There is one form of a drawing, whatever a client says it would like."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """A drawing is asked for without a body."""
        return parsers[0]


class WordingsShape(serializers.Serializer[Any]):
    """What people agree to, in each language of the page."""

    en = serializers.CharField()
    el = serializers.CharField()


class VisitsShape(serializers.Serializer[Any]):
    """How often each public page of the store was opened in the last thirty days, by whomever or whatever."""

    join = serializers.IntegerField()
    confirm = serializers.IntegerField(help_text="The links in confirmation messages.")
    opt_out = serializers.IntegerField(help_text="The opt-out links.")


class RequestsShape(serializers.Serializer[Any]):
    """Sign-ups of the last thirty days that needed a confirmation, by what became of them."""

    waiting = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="The message is out, the answer is not in.")
    confirmed = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="No message was sent, e.g. for lack of credits.")
    expired = serializers.IntegerField()


class JoinPageBody(Body):
    """The store's join page."""

    url = serializers.CharField(read_only=True, help_text="Put it on paper with `store/join/qr.svg`.")
    is_open = serializers.BooleanField(required=False)
    double_opt_in = serializers.BooleanField(
        required=False, help_text="Who signs up confirms by a link in a message, which costs what any message costs."
    )
    wording = serializers.CharField(
        allow_blank=True,
        required=False,
        max_length=WORDING_MAX,
        help_text="What people agree to, kept with each consent. Empty: our text, in the page's language.",
    )
    wordings = WordingsShape(read_only=True)
    privacy_url = serializers.URLField(allow_blank=True, required=False, max_length=200)
    asks_email = serializers.BooleanField(required=False)
    asks_birthday = serializers.BooleanField(required=False)
    visits = VisitsShape(read_only=True)
    requests = RequestsShape(read_only=True)


class JoinPageView(StoreViews[Store]):
    """The page on which people sign up by themselves."""

    kind = "str"
    operation = "join_page"
    store_path = "pk"
    needs = {"partial_update": "admin"}
    queryset = Store.objects.all()
    serializer_class = JoinPageBody

    @extend_schema(responses=JoinPageBody)
    def retrieve(self, request: Request) -> Response:
        """The store's join page, and what came of it in the last thirty days."""
        return Response(self._shown(page_of(self.caller.store)))

    @extend_schema(request=JoinPageBody, responses=JoinPageBody)
    def partial_update(self, request: Request) -> Response:
        """Open or shut the page, or change what it says; what is left out stays."""
        store = self.caller.store
        row = self._facts(page_of(store))
        changes = self.body(JoinPageBody, row=row).validated_data
        return Response(self._shown(edit_page(store=store, changes=changes, actor=self.caller.actor)))

    @extend_schema(responses={(200, "image/svg+xml"): OpenApiTypes.STR})
    def qr(self, request: Request) -> HttpResponse:
        """The page's address as a QR code, an SVG that prints sharply at any size."""
        code = segno.make(join_address(self.caller.store), error="q", micro=False)
        drawing = code.svg_inline(scale=8, border=QUIET_ZONE, light="#fff", title=self.caller.store.name)
        return HttpResponse(drawing.replace("<svg", SVG, 1), content_type="image/svg+xml")

    def _shown(self, page: JoinPage) -> dict[str, Any]:
        return self.read(self._facts(page))

    def _facts(self, page: JoinPage) -> dict[str, Any]:
        store = self.caller.store
        counts = figures(store)
        told = {name: getattr(page, name) for name in ("is_open", "double_opt_in", "wording", "privacy_url")}
        asked = {"asks_email": page.asks_email, "asks_birthday": page.asks_birthday}
        wordings = {language: wording_of(page, language=language).text for language in LANGUAGES}
        facts = {"url": join_address(store), "wordings": wordings, "visits": counts.visits, "requests": counts.requests}
        return {**told, **asked, **facts}
