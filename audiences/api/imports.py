"""Imports of contacts from files."""

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences import imports
from audiences.errors import AudienceInvalid, ImportEnded
from audiences.models import ContactImport
from audiences.openapi import refuses
from audiences.quotas import counts_as
from audiences.serializers import ImportBody, ImportShape, PreviewShape
from audiences.tenancy import StoreViews
from config.idempotency import idempotent
from config.spreadsheet import Csv, download
from config.wire import Upload


class ImportViews(StoreViews[ContactImport]):
    """Imports."""

    kind = "imp"
    queryset = ContactImport.objects.all()
    serializer_class = ImportShape
    parser_classes = [Upload]

    def list(self, request: Request) -> Response:
        """The store's imports, newest first."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """How far an import got."""
        return Response(self.read(self.get_object()))

    @extend_schema(request={"multipart/form-data": ImportBody}, responses={202: ImportShape})
    @refuses(AudienceInvalid)
    @counts_as("import")
    @idempotent
    def create(self, request: Request) -> Response:
        """Take a file of contacts. It is read in the background; nobody who opted out is ever subscribed again."""
        stated = dict(self.body(ImportBody).validated_data)
        file = stated.pop("file")
        options = imports.ImportOptions(list_id=stated.pop("list", None), **stated)
        started = imports.start_import(
            store=self.caller.store,
            upload=file.chunks(),
            file_name=file.name,
            actor=self.caller.actor,
            options=options,
        )
        return Response(self.read(started), status=202)

    @extend_schema(request=None, responses=ImportShape)
    @refuses(ImportEnded)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        """Stop an import. While the file is read nobody has been changed; later, whoever was changed stays so."""
        number = self.get_object().pk
        imports.cancel_import(store_id=self.caller.store_id, import_id=number, actor=self.caller.actor)
        return Response(self.read(self.get_object()))

    @extend_schema(responses=PreviewShape)
    @action(detail=True)
    def preview(self, request: Request, id: str) -> Response:
        """How the first ten rows are read: until the import ends, for a dry run an hour more."""
        return Response(PreviewShape(imports.preview(self.get_object().pk)).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True, url_path=r"errors\.csv", renderer_classes=[Csv, JSONRenderer])
    def errors(self, request: Request, id: str) -> StreamingHttpResponse:
        """The rows that were refused, and why, as CSV."""
        return download("errors.csv", imports.errors_csv(self.get_object().pk))
