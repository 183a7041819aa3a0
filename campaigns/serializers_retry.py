"""The bodies of second attempts: retries of a campaign, and dead letters."""

from typing import Any

from rest_framework import serializers

from campaigns.services.again import WORTH_RETRYING
from campaigns.states import ERROR_CLASSES
from config.wire import Body, PublicId


class RetryBody(Body):
    """Whom to try again."""

    classes = serializers.ListField(
        child=serializers.ChoiceField(choices=ERROR_CLASSES),
        allow_empty=False,
        default=list(WORTH_RETRYING),
        help_text="Error classes; without them those that a second attempt may help.",
    )
    credits = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        help_text="The price shown: 409 if it is another now.",
    )


class ClassPriceShape(serializers.Serializer[Any]):
    """The failed recipients of one error class."""

    recipients = serializers.IntegerField()
    credits = serializers.IntegerField()


class RetryPriceShape(serializers.Serializer[Any]):
    """What a retry would hold."""

    by_class = serializers.DictField(child=ClassPriceShape())
    recipients = serializers.IntegerField()
    credits = serializers.IntegerField()


class DeadLetterShape(serializers.Serializer[Any]):
    """A batch that ran out of attempts; nobody requeued or discarded it yet."""

    id = PublicId(kind="bat")
    campaign = PublicId(kind="cmp", source="campaign_id")
    failed = serializers.IntegerField(help_text="Recipients that a requeue would send to again.")
    attempt = serializers.IntegerField(help_text="Hand-overs so far.")
    error_class = serializers.CharField()
    error = serializers.CharField(help_text="What the provider said last.")
    called_at = serializers.DateTimeField(allow_null=True)


class RequeuedShape(serializers.Serializer[Any]):
    """The dead letter is being sent again."""

    id = PublicId(kind="bat")
    campaign = PublicId(kind="cmp")
    recipients = serializers.IntegerField()
