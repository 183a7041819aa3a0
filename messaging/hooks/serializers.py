"""The bodies of the webhooks API."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.wire import Body, PublicId
from messaging.hooks.claim import KIND
from messaging.hooks.events import body
from messaging.models import WebhookDelivery
from messaging.models.hooks import EVENTS, PING, SHOWN_STATUSES
from messaging.states import DELIVERY

ATTEMPTS_SHOWN = 50


class WebhookBody(Body):
    """An address that events are posted to."""

    id = PublicId(kind="whk", read_only=True)
    url = serializers.CharField(max_length=500, help_text="https, port 443 or 8443, a public host, no credentials.")
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), allow_empty=False, max_length=len(EVENTS)
    )
    include_phones = serializers.BooleanField(
        required=False, help_text="Put phone numbers into the bodies of message and contact events."
    )
    enabled = serializers.BooleanField(
        required=False, write_only=True, help_text="Switch it on or off; on forgets past failures."
    )
    status = serializers.ChoiceField(choices=SHOWN_STATUSES, read_only=True)
    status_reason = serializers.CharField(read_only=True, help_text="Why it is disabled.")
    failing_since = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Since when nothing but failures came back."
    )
    succeeded_at = serializers.DateTimeField(read_only=True, allow_null=True)
    previous_secret_until = serializers.DateTimeField(
        source="previous_until",
        read_only=True,
        allow_null=True,
        help_text="Until when the secret before the last rotation signs as well.",
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class NewWebhookShape(WebhookBody):
    """A webhook with its new secret, which is shown this once."""

    secret = serializers.CharField(read_only=True, help_text="`whsec_…`: the key of the signatures, in base64.")


class DeliveryShape(serializers.Serializer[Any]):
    """An event on its way to a webhook, or there. `id` is the `webhook-id` of every attempt."""

    id = PublicId(kind=KIND)
    webhook = PublicId(kind="whk", source="endpoint_id")
    event = serializers.ChoiceField(choices=(*EVENTS, PING))
    campaign = PublicId(kind="cmp", source="campaign_id", allow_null=True)
    sequence = serializers.IntegerField(allow_null=True, help_text="Per webhook and campaign, from 1, without gaps.")
    state = serializers.ChoiceField(
        choices=DELIVERY.states, help_text="`dead`: given up after a day of attempts, or because it is disabled."
    )
    attempts = serializers.IntegerField(source="fence")
    status = serializers.IntegerField(
        source="last_status", allow_null=True, help_text="HTTP status of the last answer."
    )
    error = serializers.CharField(source="last_error", help_text="What was wrong with the last attempt.")
    next_try_at = serializers.SerializerMethodField()
    happened_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_next_try_at(self, row: Any) -> str | None:
        """When it is tried next; null once it is finished."""
        if row.state != "pending":
            return None
        shown: str = serializers.DateTimeField().to_representation(row.next_try_at)
        return shown


class AttemptShape(serializers.Serializer[Any]):
    """One call and its answer."""

    number = serializers.IntegerField(source="fence")
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text="null: no answer came.")
    error = serializers.CharField()
    answer = serializers.CharField(help_text="The first 500 bytes of the answer's body.")
    milliseconds = serializers.IntegerField()


class DeliveryLogShape(DeliveryShape):
    """A delivery with the last 50 of its attempts, newest first, and its body as it would be sent now."""

    log = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()

    @extend_schema_field(AttemptShape(many=True))
    def get_log(self, row: WebhookDelivery) -> Any:
        """The attempts."""
        return AttemptShape(row.attempts.order_by("-fence")[:ATTEMPTS_SHOWN], many=True).data

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_body(self, row: WebhookDelivery) -> Any:
        """The body."""
        return json.loads(body(row, phones=row.endpoint.include_phones))


class SinceBody(Body):
    """From when on."""

    since = serializers.DateTimeField(help_text="What was given up of events from this moment on.")


class RedeliveredShape(serializers.Serializer[Any]):
    """How many deliveries are due again; 10000 at most: ask again for the rest."""

    deliveries = serializers.IntegerField()
