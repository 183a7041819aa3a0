"""The bodies of watching: recipients, batches, history."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from campaigns import meanings
from campaigns.states import BATCH, ERROR_CLASSES, RECIPIENT, SKIP_REASONS
from config.wire import ActorField, Body, PublicId

REASONS = (*ERROR_CLASSES, *(reason for reason in SKIP_REASONS if reason not in ERROR_CLASSES))


class RecipientShape(serializers.Serializer[Any]):
    """A contact in a campaign, as it was written down at the start."""

    id = PublicId(kind="rcp")
    contact = PublicId(kind="con", source="contact_id", allow_null=True)
    batch = PublicId(kind="bat", source="batch_id")
    phone = serializers.CharField(allow_null=True, help_text="null after erasure")
    status = serializers.ChoiceField(choices=RECIPIENT.states)
    reason = serializers.ChoiceField(choices=("", *REASONS))
    error_code = serializers.CharField(help_text="The provider's own word.")
    parts = serializers.IntegerField()
    credits = serializers.IntegerField(help_text="What it costs if the provider accepts it.")
    charged = serializers.IntegerField(help_text="What it did cost.")
    sent_at = serializers.DateTimeField(allow_null=True)
    final_at = serializers.DateTimeField(allow_null=True)
    clicked_at = serializers.DateTimeField(allow_null=True, help_text="When they first followed a link.")


class RecipientLookupBody(Body):
    """A phone to look for: in a body, because addresses end up in logs and histories."""

    phone = serializers.CharField(max_length=40, help_text="Any usual way of writing; the whole number.")


class BatchShape(serializers.Serializer[Any]):
    """Recipients that are handed to a provider together."""

    id = PublicId(kind="bat")
    state = serializers.ChoiceField(choices=BATCH.states)
    words = serializers.SerializerMethodField(help_text="What the state means.")
    size = serializers.IntegerField()
    parts = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Its recipients by status.")
    run = serializers.IntegerField()
    attempt = serializers.IntegerField(help_text="Hand-overs so far.")
    error_class = serializers.CharField()
    error_words = serializers.SerializerMethodField(help_text="What the last error means, and what can be done.")
    created_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(help_text="Not before.")
    called_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)

    def get_words(self, row: Any) -> str:
        """The state, for people."""
        return meanings.BATCHES[row.state]

    def get_error_words(self, row: Any) -> str:
        """The last error, for people; empty without one."""
        if not row.error_class:
            return ""
        meaning = meanings.failure(row.error_class)
        return f"{meaning.title}. {meaning.advice}"


class EventShape(serializers.Serializer[Any]):
    """A line of the history."""

    id = PublicId(kind="evt")
    event = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="What happened.")
    before = serializers.CharField()
    after = serializers.CharField()
    reason = serializers.CharField()
    facts = serializers.DictField()
    actor = ActorField()
    created_at = serializers.DateTimeField()

    def get_words(self, row: Any) -> str:
        """The event, for people."""
        return meanings.event(row.event)


class RatesShape(serializers.Serializer[Any]):
    """Shares from 0 to 1; null where there is nothing to divide."""

    accepted = serializers.FloatField(allow_null=True, help_text="Of those that were tried.")
    delivered = serializers.FloatField(allow_null=True, help_text="Of the accepted ones, as the next two.")
    undelivered = serializers.FloatField(allow_null=True)
    awaiting = serializers.FloatField(allow_null=True, help_text="Accepted, no receipt yet.")
    failed = serializers.FloatField(allow_null=True, help_text="Of those that were tried.")
    skipped = serializers.FloatField(allow_null=True, help_text="Of the audience.")


class SpeedShape(serializers.Serializer[Any]):
    """From the first to the last accepted message."""

    first_sent_at = serializers.DateTimeField(allow_null=True)
    last_sent_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    messages_per_second = serializers.FloatField(allow_null=True)
    parts_per_second = serializers.FloatField(allow_null=True)
    best_minute = serializers.IntegerField(help_text="The most messages accepted in one minute.")


class LatencyShape(serializers.Serializer[Any]):
    """Seconds from the provider's yes to the receipt of the delivery, counted in buckets: within an eighth."""

    measured = serializers.IntegerField(help_text="Delivered messages that are counted.")
    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class MoneyShape(serializers.Serializer[Any]):
    """Parts and credits."""

    parts_expected = serializers.IntegerField()
    parts_sent = serializers.IntegerField()
    credits_expected = serializers.IntegerField()
    credits_held = serializers.IntegerField()
    credits_charged = serializers.IntegerField()
    per_delivered = serializers.FloatField(allow_null=True, help_text="Credits per delivered message.")


class RetriesShape(serializers.Serializer[Any]):
    """What had to be tried more than once."""

    batches = serializers.IntegerField()
    hand_overs = serializers.IntegerField(help_text="Calls to the provider that count as attempts.")
    dead_batches = serializers.IntegerField(help_text="Given up after the last attempt.")
    retried = serializers.IntegerField(help_text="Failed recipients that were tried again, each time.")
    accepted = serializers.IntegerField(help_text="Those of them that the provider then accepted.")
    success = serializers.FloatField(allow_null=True)


class LinkClicksShape(serializers.Serializer[Any]):
    """Clicks on one address of the text."""

    number = serializers.IntegerField(help_text="1 for the first address of the text.")
    url = serializers.CharField(help_text="Where it leads.")
    clicks = serializers.IntegerField(help_text="By people and robots.")
    human_clicks = serializers.IntegerField(help_text="Without previews, scanners and prefetching.")
    people = serializers.IntegerField(help_text="Recipients who followed it at least once.")
    rate = serializers.FloatField(allow_null=True, help_text="`people` of the accepted ones.")


class ClicksShape(serializers.Serializer[Any]):
    """Clicks on the campaign's short links, counted within seconds."""

    clicks = serializers.IntegerField(help_text="By people and robots.")
    human = serializers.IntegerField(help_text="Without previews, scanners and prefetching.")
    people = serializers.IntegerField(help_text="Recipients who followed any link at least once.")
    rate = serializers.FloatField(allow_null=True, help_text="`people` of the accepted ones.")
    links = LinkClicksShape(many=True)


class MetricsShape(serializers.Serializer[Any]):
    """How a campaign did."""

    status = serializers.CharField()
    audience = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    rates = RatesShape()
    speed = SpeedShape()
    latency = LatencyShape()
    money = MoneyShape()
    retries = RetriesShape()
    clicks = ClicksShape()
    opt_outs = serializers.IntegerField(help_text="Within seven days, of people whom no later campaign had texted.")
    opt_out_rate = serializers.FloatField(allow_null=True, help_text="Of the accepted ones.")
    version = serializers.IntegerField(help_text="That of `progress`.")


class Points(serializers.ListSerializer[Any]):
    """Points in a row, as DRF shows them: it takes 40 µs to find that out for each point, and there are 300."""

    def to_representation(self, data: Any) -> list[Any]:
        zone = timezone.get_current_timezone()
        return [{**point._asdict(), "at": _written(datetime.fromtimestamp(point.at, tz=zone))} for point in data]


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class PointShape(serializers.Serializer[Any]):
    """What came to be in one bucket; a message is counted as sent once, whatever its receipt says later."""

    at = serializers.DateTimeField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    parts = serializers.IntegerField()

    class Meta:
        list_serializer_class = Points


class SeriesShape(serializers.Serializer[Any]):
    """Points without gaps, at most 300."""

    bucket = serializers.IntegerField(help_text="Seconds that a point stands for.")
    points = PointShape(many=True)


class CodeShape(serializers.Serializer[Any]):
    """A word of the provider's in the sample."""

    code = serializers.CharField()
    number = serializers.IntegerField()


class GroupShape(serializers.Serializer[Any]):
    """Recipients that did not get it for one reason."""

    status = serializers.ChoiceField(choices=("failed", "undelivered", "skipped"))
    reason = serializers.ChoiceField(choices=REASONS)
    title = serializers.CharField()
    words = serializers.CharField()
    advice = serializers.CharField()
    recipients = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the audience.")
    codes = CodeShape(many=True, help_text="The provider's own words, in a sample of the latest batches.")
    retryable = serializers.BooleanField(help_text="Whether trying again may help; only what surely was not sent is.")
    retry_credits = serializers.IntegerField(
        allow_null=True, help_text="About what that would hold; `retry-price` says it exactly. null: not possible."
    )


class FailuresShape(serializers.Serializer[Any]):
    """Why recipients did not get it. `unknown` and `unconfirmed` are no failures: they may have arrived."""

    groups = GroupShape(many=True)
    failed = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    skipped = serializers.IntegerField()
    unknown = serializers.IntegerField()
    unconfirmed = serializers.IntegerField()
    unknown_words = serializers.CharField()
    retry_possible = serializers.BooleanField(help_text="Whether `retry-failed` would be taken now.")
    retry_recipients = serializers.IntegerField(help_text="Those whom trying again may help.")
    retry_credits = serializers.IntegerField()
