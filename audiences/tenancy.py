"""The API's view of one store's rows: every queryset starts from the caller's store, every id is opaque."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from audiences.auth import Caller
from audiences.quotas import quotas_of
from audiences.sparse import narrow
from config.moment import once
from config.opaque import private_id
from config.problems import NotFound, invalid
from config.rates import Left, rate_headers, take
from config.wire import Body, written

Row = TypeVar("Row", bound=Model)
Shape = TypeVar("Shape", bound=Body)


class StoreViews(GenericViewSet[Row]):
    """Views of rows that belong to a store.

    `kind`: the kind of their public ids; `store_path`: the look-up from the row to its store. A row of another store,
    and an id that is made up, is a 404. `unlimited`: its requests count against no rate limit.
    `contextual`: how a row is shown depends on the request, so its serializer is not shared by requests.
    `crowded`: actions that list rows of which another store may have millions; their pages are `InCrowd`.
    """

    kind: ClassVar[str]
    operation: ClassVar[str] = ""  # how the schema calls a route that has no router's name
    store_path: ClassVar[str] = "store_id"
    unlimited: ClassVar[bool] = False
    contextual: ClassVar[bool] = False
    crowded: ClassVar[Sequence[str]] = ()
    lookup_field = "id"
    lookup_value_regex = "[^/]+"
    rates: Sequence[Left] = ()

    @property
    def caller(self) -> Caller:
        """Who asks; set by authentication before any action runs."""
        return cast("Caller", self.request.auth)

    def check_throttles(self, request: Request) -> None:
        """Count the request, unless it may turn out to be the repetition of one that was answered.

        Raises RateLimited.
        """
        handler = getattr(self, self.action or "", None)
        if not (getattr(handler, "idempotent", False) and "Idempotency-Key" in request.headers):
            self.count_request()

    def count_request(self) -> None:
        """Count the request against the quotas of its store. Raises RateLimited."""
        self.rates = take(quotas_of(self, self.request))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer, with what is left of the quotas."""
        for name, value in rate_headers(self.rates).items():
            response.headers.setdefault(name, value)
        return super().finalize_response(request, response, *args, **kwargs)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """As DRF's; what is read has only the members that `?fields=` names. Raises InvalidFields."""
        serializer = super().get_serializer(*args, **kwargs)
        if not getattr(self, "swagger_fake_view", False) and self.request.method == "GET":
            narrow(serializer, self.request)
        return serializer

    def get_queryset(self) -> QuerySet[Row]:
        """The rows of the caller's store; none while the schema is drawn."""
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        mine = self.caller.store_id
        if self.action in self.crowded:
            return rows.filter(**{f"{self.store_path}__gte": mine, f"{self.store_path}__lte": mine})
        return rows.filter(**{self.store_path: mine})

    def key(self) -> int:
        """The primary key in the path, of whatever store. Raises NotFound for a made-up id."""
        number = private_id(self.kwargs["id"], kind=self.kind)
        if number is None:
            raise NotFound
        return number

    def get_object(self) -> Row:
        """The row in the path; read once for a page that asks again. Raises NotFound, also for another store's."""
        number = self.key()
        mine = (getattr(type(self).queryset, "model", type(self)), self.caller.store_id, number)
        row = once(mine, lambda: self.get_queryset().filter(pk=number).first())
        if row is None:
            raise NotFound
        return row

    def body(self, shape: type[Shape], *, row: Any = None) -> Shape:
        """The request's body, checked; with `row` it is a change of that row, and what is left out stays.

        Raises ValidationError.
        """
        body = shape(row, data=self.request.data, partial=row is not None, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return body

    def read(self, row: Any) -> dict[str, Any]:
        """The row as the API shows it."""
        return self.shown([row])[0]

    def shown(self, rows: Iterable[Any]) -> list[dict[str, Any]]:
        """Rows as the API shows them, with the members that `?fields=` names. Raises InvalidFields."""
        if self.contextual or "fields" in self.request.query_params:
            return [dict(row) for row in self.get_serializer(rows, many=True).data]
        shape = cast("type[Serializer[Any]]", self.get_serializer_class())
        return [written(shape, row) for row in rows]

    def page(self, rows: QuerySet[Any]) -> Response:
        """A page of rows, narrowed by the query's filters, as the API shows them.

        Raises InvalidFields, also for a filter without a value: what is narrowed by nothing would show everything.
        """
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        for name in filters:
            if self.request.query_params.get(name) == "":
                raise invalid(f"/{name}", "A value, or no such filter.")
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        return self.get_paginated_response(self.shown(page))
