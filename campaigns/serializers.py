"""The bodies of the campaigns API: what is taken, and what is shown."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audiences import audience
from audiences.serializers_segments import ID_PATTERN
from campaigns.states import CAMPAIGN, KINDS, PRIORITIES, WRITTEN_KINDS
from config.wire import ActorField, Body, JsonObject, Moment, PublicId

MISSING = ("blank", "skip")
AUDIENCE_MODES = ("launch", "frozen")


@extend_schema_field({"type": "string", "pattern": ID_PATTERN, "example": "sys:women"})
class SegmentName(serializers.CharField):
    """A segment's id, or `sys:` and a key."""


class PartShape(serializers.Serializer[Any]):
    """A part of an audience: exactly one member."""

    list = PublicId(kind="lst", required=False)
    segment = SegmentName(required=False)


class AudienceShape(serializers.Serializer[Any]):
    """To whom: everybody (`all`), a `list` or a `segment`, without those in `exclude`."""

    all = serializers.BooleanField(required=False)
    list = PublicId(kind="lst", required=False)
    segment = SegmentName(required=False)
    exclude = PartShape(many=True, required=False)
    frozen = serializers.BooleanField(
        required=False, help_text="Only shown, of an automation's runs: to just those whom it meant."
    )
    numbers = serializers.IntegerField(
        required=False, help_text="Only shown, of tests and direct messages: to so many numbers."
    )


@extend_schema_field(AudienceShape)
class AudienceField(JsonObject):
    """To whom: stored by primary keys, shown by public ids."""

    def to_representation(self, value: Any) -> Any:
        return audience.show(value)


class PriorityField(serializers.ChoiceField):
    """A priority by its word; stored as its rank."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(PRIORITIES), **options)

    def to_representation(self, value: Any) -> str:
        return next(word for word, rank in PRIORITIES.items() if rank == value)

    def to_internal_value(self, data: Any) -> Any:
        return PRIORITIES[super().to_internal_value(data)]


class DraftBody(Body):
    """What a price is made of: the message and to whom."""

    message = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="With placeholders such as `{{first_name|there}}`."
    )
    kind = serializers.ChoiceField(choices=KINDS, default="marketing")
    audience = AudienceField()
    on_missing = serializers.ChoiceField(
        choices=MISSING, default="blank", help_text="A field without a value: leave it blank, or skip the recipient."
    )

    plain_values = serializers.BooleanField(
        default=False,
        help_text="Write names and other values in GSM-7 letters where the message needs no UCS-2: it saves parts.",
    )

    short_links = serializers.BooleanField(
        default=True,
        help_text="Turn the addresses in the text into short links, which count clicks: where the store, or the house, "
        "has an address for them.",
    )

    def validate_kind(self, value: str) -> str:
        """Only what a merchant writes: the other kinds are made by automations, tests and direct messages."""
        if value not in WRITTEN_KINDS:
            raise serializers.ValidationError(f"One of {', '.join(WRITTEN_KINDS)}.", code="invalid_choice")
        return value

    def stored(self, *, store_id: int) -> dict[str, Any]:
        """The validated fields with the audience in its stored form. Raises AudienceInvalid."""
        fields = dict(self.validated_data)
        if "audience" in fields:
            fields["audience"] = audience.parse(store_id=store_id, data=fields["audience"])
        return fields


class CampaignBody(DraftBody):
    """A campaign."""

    id = PublicId(kind="cmp", read_only=True)
    name = serializers.CharField(max_length=200)
    priority = PriorityField(default=PRIORITIES["normal"])
    send_at = Moment(
        allow_null=True,
        required=False,
        help_text="When `schedule` is to send it; without an offset by the clock of the store.",
    )
    local_at = serializers.CharField(
        read_only=True, help_text="By each recipient's own clock; empty: all at `send_at`."
    )
    audience_mode = serializers.ChoiceField(
        choices=AUDIENCE_MODES, read_only=True, help_text="`frozen`: to those who belonged when it was scheduled."
    )
    max_credits = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="The price agreed to when it was scheduled: it never costs more."
    )
    automation = PublicId(
        kind="aut", source="automation_id", read_only=True, allow_null=True, help_text="The automation that made it."
    )
    not_after = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="An automation's run that has not started by then is cancelled."
    )
    status = serializers.ChoiceField(choices=CAMPAIGN.states, read_only=True)
    reason = serializers.CharField(read_only=True, help_text="Why it is paused, failed or still waiting.")
    sender = serializers.CharField(read_only=True, help_text="Frozen when sending starts.")
    opt_out_text = serializers.CharField(read_only=True, help_text="Its last line; frozen when sending starts.")
    created_by = ActorField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)


class EnqueueBody(Body):
    """Start sending."""

    quote_id = PublicId(kind="quo", required=False, allow_null=True, help_text="The price that was shown.")


class QueueShape(serializers.Serializer[Any]):
    """Whether the workers could be told at once."""

    state = serializers.ChoiceField(
        choices=("available", "unavailable"), help_text="`unavailable`: sending starts by itself, a little later."
    )


class EnqueuedShape(serializers.Serializer[Any]):
    """The campaign is being sent."""

    id = PublicId(kind="cmp")
    status = serializers.ChoiceField(choices=CAMPAIGN.states)
    recipients = serializers.IntegerField()
    credits_held = serializers.IntegerField()
    queue = QueueShape()
    request_id = serializers.CharField()


class ReasonBody(Body):
    """Why, for the history."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
