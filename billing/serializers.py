"""The bodies of the billing API. Amounts are whole credits."""

from typing import Any

from rest_framework import serializers

from billing.models.accounts import KINDS
from billing.states import RESERVATION
from config.wire import ActorField, PublicId


class BalanceShape(serializers.Serializer[Any]):
    """A store's credits: `available` is what a new campaign may hold."""

    balance = serializers.IntegerField(help_text="Credits bought and not yet charged.")
    held = serializers.IntegerField(help_text="Credits held for campaigns that are being sent.")
    allowance = serializers.IntegerField(help_text="Free credits left in this period of the plan.")
    allowance_held = serializers.IntegerField()
    overdraft = serializers.IntegerField(help_text="Credits that late evidence took below zero.")
    available = serializers.IntegerField()


class LedgerShape(serializers.Serializer[Any]):
    """One change of the balance."""

    id = PublicId(kind="led")
    kind = serializers.ChoiceField(choices=KINDS)
    amount = serializers.IntegerField(help_text="Signed: what was added to the balance.")
    allowance = serializers.IntegerField(help_text="Signed: what was added to the allowance.")
    balance_after = serializers.IntegerField()
    reservation = PublicId(kind="res", source="reservation_id", allow_null=True)
    refers_to = PublicId(kind="led", source="refers_to_id", allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]  # a column, not the field's own label
    actor = ActorField()
    created_at = serializers.DateTimeField()


class ReservationShape(serializers.Serializer[Any]):
    """A hold: what one run of a campaign may cost at most."""

    id = PublicId(kind="res")
    label = serializers.CharField()  # type: ignore[assignment]  # a column, not the field's own label
    state = serializers.ChoiceField(choices=RESERVATION.states)
    amount = serializers.IntegerField()
    charged = serializers.IntegerField()
    released = serializers.IntegerField()
    remaining = serializers.IntegerField(help_text="Still held.")
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
