"""The bodies of the API of texts from people."""

from typing import Any

from rest_framework import serializers

from config.wire import ActorField, Body, PublicId
from messaging.models.inbound import MEANINGS
from messaging.states import ANSWER, REVIEW

READ = tuple(meaning for meaning in MEANINGS if meaning not in {"", "unreadable"})
OUTCOMES = ("opted_out", "was_out", "suppressed", "opted_in", "was_in", "answered", "refused", "shown")
HELP_MAX = 300


class AnswerShape(serializers.Serializer[Any]):
    """What the sender was answered. It is a direct message: its campaign shows what became of it."""

    kind = serializers.ChoiceField(choices=("stop", "start", "join", "help"))
    state = serializers.ChoiceField(choices=ANSWER.states)
    reason = serializers.CharField(help_text="Why it was given up, e.g. insufficient_credits.")
    campaign = PublicId(kind="cmp", source="campaign_id", allow_null=True)


class InboundShape(serializers.Serializer[Any]):
    """A text that somebody sent to the store."""

    id = PublicId(kind="inb")
    received_at = serializers.DateTimeField()
    contact = PublicId(kind="con", source="contact_id", allow_null=True, help_text="null: none of the contacts")
    phone = serializers.CharField(allow_null=True, help_text="The sender as the provider said; null after erasure.")
    to = serializers.CharField(help_text="The number that was texted.")
    text = serializers.CharField(help_text="Empty after erasure.")
    meaning = serializers.ChoiceField(
        choices=("", *READ), help_text="What it asks for; empty until it was read, a matter of moments."
    )
    outcome = serializers.ChoiceField(choices=("", *OUTCOMES), help_text="What was done about it.")
    review = serializers.ChoiceField(
        choices=REVIEW.states, help_text="`open`: most likely an opt-out; the phone is not texted until you decide."
    )
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = ActorField()
    answer = AnswerShape(allow_null=True)


class DecisionBody(Body):
    """Why."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Switch(serializers.BooleanField):
    """True or false as JSON has them: DRF takes 0, "on" and more for one of them, the document does not."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class InboundSettingsBody(Body):
    """How the store answers texts."""

    confirm_stop = Switch(
        required=False, help_text="Tell who opts out by a text that it worked: once, at the price of a message."
    )
    help = serializers.CharField(
        source="help_text",
        required=False,
        allow_blank=True,
        max_length=HELP_MAX,
        help_text="The answer to HELP; empty: a sentence of ours in the sender's language.",
    )
    join = Switch(required=False, help_text="A text with JOIN opts its sender in.")
