"""The bodies of automations and of the events that feed them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audiences import audience
from campaigns.automations.conditions import OPS
from campaigns.automations.preview import Coming
from campaigns.models.automation import AUTOMATION_KINDS
from campaigns.models.automation_run import OUTCOMES
from campaigns.serializers import MISSING, AudienceField, PriorityField
from campaigns.serializers_quote import QuoteShape, RenderedShape, quoted
from campaigns.services.gate import Intent
from campaigns.states import CAMPAIGN
from config.wire import ActorField, Body, PublicId

CAMPAIGN_KINDS = ("birthday", "welcome", "marketing", "service")


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 200}, {"type": "number"}, {"type": "boolean"}]})
class ScalarField(serializers.Field[Any, Any, Any, Any]):
    """A text, a number, true or false."""

    default_error_messages = {"bad_value": "A text, a number, true or false."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str | int | float) or (isinstance(data, str) and (len(data) > 200 or "\x00" in data)):
            self.fail("bad_value")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class ConditionBody(Body):
    """A property of the event must compare so; one that is missing or of another type never does."""

    property = serializers.CharField(max_length=60)
    op = serializers.ChoiceField(choices=tuple(OPS))
    value = ScalarField(help_text="A text, a number, true or false.")


class AutomationBody(Body):
    """A rule that makes campaigns by itself. What its kind does not have is null, empty or 0."""

    id = PublicId(kind="aut", read_only=True)
    kind = serializers.ChoiceField(choices=AUTOMATION_KINDS, help_text="It stays what it is.")
    name = serializers.CharField(max_length=160)
    message = serializers.CharField(trim_whitespace=False, help_text="As of a campaign, with placeholders.")
    audience = AudienceField(required=False, help_text="Whom of all contacts it is for. Left out: everybody.")
    on_missing = serializers.ChoiceField(choices=MISSING, required=False)
    plain_values = serializers.BooleanField(required=False)
    priority = PriorityField(required=False)
    campaign_kind = serializers.ChoiceField(
        choices=CAMPAIGN_KINDS,
        required=False,
        help_text="Of its campaigns. Only an `event` one can choose: `marketing`, or `service` for what was asked for.",
    )
    send_hour = serializers.IntegerField(
        required=False, allow_null=True, help_text="`birthday`, `winback`: hour of the store's clock, 0 to 23."
    )
    window_hours = serializers.IntegerField(
        required=False, help_text="Later than so much after its time nothing is sent; a daily one only on its day."
    )
    day_offset = serializers.IntegerField(
        required=False, help_text="`birthday`: days after it, up to 60; negative: before."
    )
    inactive_days = serializers.IntegerField(
        required=False, allow_null=True, help_text="`winback`: nothing of `activity` for so long."
    )
    activity = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=10,
        help_text="`winback`: what counts as active: `event` (a customer event), `delivered` (a message), `clicked`.",
    )
    event_name = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="`event`: it listens for events of this name …"
    )
    conditions = ConditionBody(many=True, required=False, help_text="`event`: … whose properties meet all of these.")
    delay_minutes = serializers.IntegerField(
        required=False, help_text="`welcome`, `event`: after the opt-in or event, up to 60 days."
    )
    dedupe_hours = serializers.IntegerField(
        required=False, allow_null=True, help_text="`winback`, `event`: a contact once in so many hours; 0: every time."
    )
    daily_cap = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Not for who got so many messages of any automations within 24 hours; null: no limit.",
    )
    max_credits = serializers.IntegerField(
        required=False, allow_null=True, help_text="A run that would cost more does not start."
    )
    active = serializers.BooleanField(read_only=True, help_text="See `on` and `off`.")
    active_since = serializers.DateTimeField(read_only=True, allow_null=True)
    next_run_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="null: switched off, or nobody waits."
    )
    created_by = ActorField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def validate_kind(self, value: str) -> str:
        """Given once."""
        if self.instance is not None and self.instance.kind != value:
            raise serializers.ValidationError("The kind of an automation stays.", code="read_only")
        return value

    def stored(self, *, store_id: int) -> dict[str, Any]:
        """The validated fields, the audience in its stored form. Raises AudienceInvalid."""
        fields = dict(self.validated_data)
        if "audience" in fields or self.instance is None:
            fields["audience"] = audience.parse(store_id=store_id, data=fields.get("audience", {"all": True}))
        if "conditions" in fields:
            fields["conditions"] = [dict(each) for each in fields["conditions"]]
        return fields


class OffBody(Body):
    """Why, for the audit."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class ComingShape(serializers.Serializer[Any]):
    """The next run as it would be with today's contacts, priced as the run will be."""

    at = serializers.DateTimeField(allow_null=True, help_text="null: nobody waits.")
    day = serializers.DateField(allow_null=True, help_text="The store's day, of a daily one.")
    active = serializers.BooleanField(help_text="false: only if it is switched on before.")
    people = serializers.IntegerField(help_text="Who are meant and may be texted.")
    left_out = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Contacts who are meant and would not be texted, by reason: those of a quote, or `daily_cap`.",
    )
    quote = QuoteShape()
    text = serializers.CharField(help_text="With its placeholders, and with the opt-out text where it is appended.")
    messages = RenderedShape(many=True, help_text="What the first people would read.")


def coming_shown(coming: Coming, *, automation: Any) -> dict[str, Any]:
    """A coming run as the API shows it."""
    shown = {
        "at": coming.at,
        "day": coming.day,
        "active": automation.active,
        "people": coming.people,
        "left_out": coming.left_out,
        "text": coming.preview.text,
        "messages": coming.preview.messages,
    }
    fields = ComingShape().fields
    told = {name: fields[name].to_representation(value) if value is not None else None for name, value in shown.items()}
    return {**told, "quote": quoted(Intent(automation.store, coming.quote), coming.draft)}


class RunShape(serializers.Serializer[Any]):
    """One time that an automation looked. Its campaign says what became of it, as of any other."""

    id = PublicId(kind="arn")
    key = serializers.CharField(help_text="The store's day, or the minute in UTC: each once.")
    outcome = serializers.ChoiceField(
        choices=OUTCOMES, help_text="`made` a campaign; `nobody` was meant; `missed`: it was too late to send."
    )
    status = serializers.ChoiceField(
        choices=CAMPAIGN.states, source="campaign.status", allow_null=True, default=None, help_text="Of the campaign."
    )
    reason = serializers.SerializerMethodField(help_text="Why there is no campaign, or why it waits or was given up.")
    campaign = PublicId(kind="cmp", source="campaign_id", allow_null=True)
    people = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    due_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()

    def get_reason(self, row: Any) -> str:
        return str(row.campaign.reason if row.campaign else row.reason)


class RunOutcomesShape(serializers.Serializer[Any]):
    """Runs by what came of them."""

    made = serializers.IntegerField()
    nobody = serializers.IntegerField()
    missed = serializers.IntegerField()


class RecipientCountsShape(serializers.Serializer[Any]):
    """Recipients of its campaigns by where they stand."""

    pending = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="Accepted by the provider, without a receipt so far.")
    delivered = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    unknown = serializers.IntegerField()
    unconfirmed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class StatisticsShape(serializers.Serializer[Any]):
    """What an automation came to."""

    since = serializers.DateTimeField()
    runs = RunOutcomesShape()
    campaigns = serializers.DictField(child=serializers.IntegerField(), help_text="Its campaigns by status.")
    people = serializers.IntegerField(help_text="Put into runs.")
    left_out = serializers.DictField(child=serializers.IntegerField(), help_text="Meant and not texted, by reason.")
    audience = serializers.IntegerField(help_text="Recipients; the sum of `counts`.")
    counts = RecipientCountsShape()
    credits = serializers.IntegerField(help_text="Charged.")
    opt_outs = serializers.IntegerField(help_text="People who opted out within seven days after they were in a run.")
    clicks = serializers.IntegerField(help_text="By people, on links of its messages.")
    clickers = serializers.IntegerField(help_text="Recipients who clicked at least once.")
