"""Reading money: balance, ledger, holds, statements. It is moved by campaigns, payments and staff, never by these."""

import django_filters
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.models.accounts import KINDS
from billing.serializers import BalanceShape, LedgerShape, ReservationShape, StatementShape
from billing.services import account_of
from billing.statements import month_of, statement, statement_csv
from billing.states import RESERVATION
from config.problems import InvalidFields
from config.spreadsheet import Csv, download

MONTH = OpenApiParameter(
    "month",
    {"type": "string", "pattern": r"^20\d\d-(0[1-9]|1[0-2])$"},
    description="A calendar month by the store's clock; without it the current one.",
)


class LedgerFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What the ledger can be narrowed by."""

    kind = django_filters.ChoiceFilter(choices=[(kind, kind) for kind in KINDS])


class ReservationFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What holds can be narrowed by."""

    state = django_filters.ChoiceFilter(choices=[(state, state) for state in RESERVATION.states])


class BalanceView(StoreViews[CreditAccount]):
    """The store's credits."""

    kind = "acc"
    operation = "balance"
    queryset = CreditAccount.objects.all()
    serializer_class = BalanceShape

    @extend_schema(responses=BalanceShape)
    def retrieve(self, request: Request) -> Response:
        """How many credits there are, how many are held, and how many a new campaign may take."""
        return Response(self.read(account_of(self.caller.store_id)))


class LedgerViews(StoreViews[LedgerEntry]):
    """The ledger."""

    kind = "led"
    store_path = "account__store_id"
    queryset = LedgerEntry.objects.all()
    serializer_class = LedgerShape
    filterset_class = LedgerFilter

    def list(self, request: Request) -> Response:
        """Every change of the balance, newest first."""
        return self.page(self.get_queryset())


class ReservationViews(StoreViews[CreditReservation]):
    """Holds."""

    kind = "res"
    store_path = "account__store_id"
    queryset = CreditReservation.objects.all()
    serializer_class = ReservationShape
    filterset_class = ReservationFilter

    def list(self, request: Request) -> Response:
        """Credits held for campaigns, newest first."""
        return self.page(self.get_queryset())


class StatementView(StoreViews[LedgerEntry]):
    """A month of the books."""

    kind = "led"
    operation = "statement"
    store_path = "account__store_id"
    queryset = LedgerEntry.objects.all()
    serializer_class = StatementShape
    pagination_class = None

    def _month(self, request: Request) -> str:
        return month_of(request.query_params.get("month"), now=timezone.now(), store=self.caller.store)

    @extend_schema(parameters=[MONTH], responses=StatementShape)
    @refuses(InvalidFields)
    def retrieve(self, request: Request) -> Response:
        """What a month did to the credits: opening, each kind of entry, closing."""
        return Response(self.read(statement(self.caller.store, self._month(request))))


class StatementFile(StatementView):
    """A month of the books as a file."""

    operation = "statement_file"
    renderer_classes = [Csv, JSONRenderer]

    @extend_schema(parameters=[MONTH], responses={(200, "text/csv"): OpenApiTypes.STR})
    @refuses(InvalidFields)
    def download(self, request: Request) -> StreamingHttpResponse:
        """The ledger's entries of a month as CSV, oldest first, streamed."""
        month = self._month(request)
        lines = statement_csv(store=self.caller.store, month=month, actor=self.caller.actor)
        return download(f"statement-{month}.csv", lines)
