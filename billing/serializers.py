"""The bodies of the billing API. Amounts are whole credits."""

from typing import Any

from rest_framework import serializers

from billing.models.accounts import KINDS
from billing.models.plans import INTERVALS, MANAGERS
from billing.refunding import REFUNDABLE
from billing.states import RESERVATION, SUBSCRIPTION_STATUSES
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


class SumsShape(serializers.Serializer[Any]):
    """Credits of either kind."""

    credits = serializers.IntegerField(help_text="Bought.")
    allowance = serializers.IntegerField(help_text="Free, of the plan.")


class StatementLineShape(SumsShape):
    """What the entries of one kind came to."""

    kind = serializers.ChoiceField(choices=KINDS)
    entries = serializers.IntegerField()


class PeriodShape(serializers.Serializer[Any]):
    """From `start` up to, and without, `end`."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class StatementShape(serializers.Serializer[Any]):
    """A month of the books: `opening` and the lines add up to `closing`."""

    month = serializers.CharField()
    period = PeriodShape()
    opening = SumsShape()
    lines = StatementLineShape(many=True)
    closing = SumsShape()


class PriceShape(serializers.Serializer[Any]):
    """What a part costs from a moment on; quotes use the price that is in force when they are made."""

    country = serializers.CharField(help_text="ISO 3166 code of the recipient's number; empty: every other country.")
    credits_per_part = serializers.IntegerField()
    valid_from = serializers.DateTimeField()
    in_force = serializers.BooleanField(help_text="It is the price now; false: it is to come, or another followed.")


class PlanShape(serializers.Serializer[Any]):
    """What can be subscribed to."""

    code = serializers.CharField()
    name = serializers.CharField()
    price_cents = serializers.IntegerField(help_text="Per period, without VAT.")
    currency = serializers.CharField()
    interval = serializers.ChoiceField(choices=INTERVALS)
    allowance = serializers.IntegerField(help_text="Free credits in each period; they are used first, and lapse.")


class SubscriptionShape(serializers.Serializer[Any]):
    """The store's plan, and whether it may send."""

    plan = PlanShape(allow_null=True)
    status = serializers.ChoiceField(choices=SUBSCRIPTION_STATUSES, allow_null=True)
    managed_by = serializers.ChoiceField(
        choices=MANAGERS, help_text="`staff`: ask us for a change; `stripe`: by `checkout` and `portal`."
    )
    period = PeriodShape(allow_null=True)
    ends_at_period_end = serializers.BooleanField()
    required = serializers.BooleanField(  # type: ignore[assignment]  # as `label` above
        help_text="Whether sending needs a plan that is active or on trial."
    )
    may_send = serializers.BooleanField(help_text="False: a launch is refused with `reason`.")
    reason = serializers.CharField(allow_null=True, help_text="`BILLING_HOLD` or `SUBSCRIPTION_REQUIRED`.")
    detail = serializers.CharField(allow_null=True)
    refund_on = serializers.ListField(
        child=serializers.ChoiceField(choices=REFUNDABLE),
        help_text="Failures for which the credits of a message that stayed undelivered for a day come back.",
    )
