"""Reading money: balance, ledger, holds. It is moved by campaigns and staff, never by these."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.tenancy import StoreViews
from billing.models import CreditAccount, CreditReservation, LedgerEntry
from billing.models.accounts import KINDS
from billing.serializers import BalanceShape, LedgerShape, ReservationShape
from billing.services import account_of
from billing.states import RESERVATION


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
