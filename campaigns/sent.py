"""What is asked and answered about messages to numbers: also by the address of the message log, which lists them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.serializers import PriorityField, QueueShape
from campaigns.services.direct import NUMBERS_MAX
from campaigns.services.numbers import Sent
from campaigns.states import CAMPAIGN, PRIORITIES
from config.wire import Body, PublicId

TEXT_MAX = 1600


class NumbersField(serializers.ListField):
    """Phone numbers: a list, or a single one as it is."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value([data] if isinstance(data, str) else data)


def _one_or_more() -> dict[str, Any]:
    text = {"type": "string", "maxLength": 40}
    return {"oneOf": [text, {"type": "array", "items": text, "minItems": 1, "maxItems": NUMBERS_MAX}]}


class DirectBody(Body):
    """A message that somebody asked for, to one number or a few."""

    to = extend_schema_field(_one_or_more())(NumbersField)(min_length=1, max_length=NUMBERS_MAX)
    text = serializers.CharField(max_length=TEXT_MAX, trim_whitespace=False)
    kind = serializers.ChoiceField(
        choices=("service", "direct"), default="direct", help_text="Either; marketing is sent by campaigns only."
    )
    priority = PriorityField(default=PRIORITIES["high"])
    short_links = serializers.BooleanField(
        default=False, help_text="Turn the addresses in the text into short links, which count clicks."
    )


class DirectShape(serializers.Serializer[Any]):
    """A message that is on its way."""

    id = PublicId(kind="rcp", source="recipient_id")
    to = serializers.CharField(source="phone")
    parts = serializers.IntegerField()
    credits = serializers.IntegerField(help_text="Held; charged if the provider accepts it.")


class SkippedShape(serializers.Serializer[Any]):
    """A number that is not texted."""

    to = serializers.CharField(source="phone")
    reason = serializers.ChoiceField(choices=("opted_out", "suppressed"))


class SentShape(serializers.Serializer[Any]):
    """The messages are on their way, as a campaign of their own: its progress and recipients can be asked for."""

    campaign = PublicId(kind="cmp", source="campaign.pk")
    status = serializers.ChoiceField(choices=CAMPAIGN.states, source="campaign.status")
    credits_held = serializers.IntegerField()
    messages = DirectShape(many=True)
    skipped = SkippedShape(many=True)
    queue = QueueShape()


def shown(sent: Sent) -> dict[str, object]:
    """What became of messages to numbers, as the API tells it."""
    return dict(SentShape({**sent._asdict(), "queue": {"state": sent.queue_state}}).data)
