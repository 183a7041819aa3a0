"""The bodies of watching that need more than campaigns know."""

from typing import Any

from rest_framework import serializers

from campaigns.forecast import CODES
from campaigns.states import CAMPAIGN, RECIPIENT
from config.wire import PublicId


class CountsShape(serializers.Serializer[Any]):
    """Recipients by status: every recipient is in exactly one."""

    pending = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="Accepted by the provider, no receipt yet.")
    delivered = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    unknown = serializers.IntegerField(help_text="Handed over, the answer was lost; never sent again by itself.")
    unconfirmed = serializers.IntegerField(help_text="As unknown, after the deadline: the credits went back.")
    cancelled = serializers.IntegerField()


class RateShape(serializers.Serializer[Any]):
    """Over the last sixty seconds, and what is allowed."""

    messages = serializers.FloatField(help_text="Per second.")
    parts = serializers.FloatField(help_text="Per second.")
    allowed = serializers.FloatField(help_text="Parts per second that the store may send at the moment.")
    full = serializers.FloatField(help_text="Parts per second when nobody slows us down.")
    slowed = serializers.BooleanField(help_text="Whether the provider asked us to slow down.")


class EtaShape(serializers.Serializer[Any]):
    """When everything will have left, by the measured rate or by the limits, after quiet hours."""

    at = serializers.DateTimeField(allow_null=True)
    basis = serializers.ChoiceField(choices=("measured", "limit", "none"))
    reason = serializers.ChoiceField(
        choices=("", *CODES), help_text="Why it cannot be said, or what some recipients wait for; empty otherwise."
    )
    detail = serializers.CharField(help_text="The reason, for people.")


class PreparationShape(serializers.Serializer[Any]):
    """How far the audience is written down as recipients."""

    written = serializers.IntegerField()
    expected = serializers.IntegerField(help_text="Recipients of the quote.")
    percent = serializers.FloatField()
    done_at = serializers.DateTimeField(allow_null=True)


class DrainShape(serializers.Serializer[Any]):
    """What was at a worker when it was stopped, and still leaves."""

    in_flight = serializers.IntegerField()
    drained_at = serializers.DateTimeField(allow_null=True, help_text="null while something is in flight.")
    text = serializers.CharField(help_text="`41 in flight`, then `Drained at 12:00:07` by the store's clock.")


class ProgressShape(serializers.Serializer[Any]):
    """How far a campaign is. `audience` is the sum of `counts`; `pending` that of `waiting` and `in_flight`."""

    status = serializers.ChoiceField(choices=CAMPAIGN.states)
    reason = serializers.CharField(help_text="Why it is paused or failed.")
    expected = serializers.IntegerField(help_text="Recipients of the quote.")
    prepared = serializers.BooleanField(help_text="Whether all of them are written down.")
    preparation = PreparationShape()
    audience = serializers.IntegerField(help_text="Recipients that are written down.")
    counts = CountsShape()
    in_flight = serializers.IntegerField(help_text="Those of `pending` that are at a worker.")
    waiting = serializers.IntegerField(help_text="Those of `pending` that are not.")
    failed_by_class = serializers.DictField(child=serializers.IntegerField())
    skipped_by_reason = serializers.DictField(child=serializers.IntegerField())
    undelivered_by_class = serializers.DictField(child=serializers.IntegerField())
    clicks = serializers.IntegerField(help_text="On its links, by people and robots.")
    human_clicks = serializers.IntegerField(help_text="Without previews, scanners and prefetching.")
    clickers = serializers.IntegerField(help_text="Recipients who followed a link at least once.")
    parts_expected = serializers.IntegerField(help_text="Parts of the quote.")
    parts_sent = serializers.IntegerField()
    credits_held = serializers.IntegerField()
    credits_charged = serializers.IntegerField()
    percent = serializers.FloatField()
    rate = RateShape()
    eta = EtaShape()
    drain = DrainShape(allow_null=True, help_text="null unless it is paused or cancelled.")
    first_sent_at = serializers.DateTimeField(allow_null=True)
    last_sent_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Grows with every change of the counts.")


class RefreshedShape(serializers.Serializer[Any]):
    """What the provider is being asked about."""

    batches = serializers.IntegerField(help_text="Batches whose silent recipients are asked after, at most 200.")
    silent = serializers.IntegerField(help_text="Recipients of the campaign without a final word.")


class TracedShape(serializers.Serializer[Any]):
    """The recipient whose trace it is."""

    id = PublicId(kind="rcp")
    contact = PublicId(kind="con", source="contact_id", allow_null=True)
    batch = PublicId(kind="bat", source="batch_id")
    phone = serializers.CharField(allow_null=True, help_text="null after erasure")
    status = serializers.ChoiceField(choices=RECIPIENT.states)
    parts = serializers.IntegerField()
    credits = serializers.IntegerField(help_text="What it costs if the provider accepts it.")
    charged = serializers.IntegerField(help_text="What it did cost.")
    sent_at = serializers.DateTimeField(allow_null=True)
    final_at = serializers.DateTimeField(allow_null=True)


class StepShape(serializers.Serializer[Any]):
    """One thing that happened to a recipient, or that decided about them."""

    at = serializers.DateTimeField(allow_null=True)
    code = serializers.CharField(help_text="What happened, for programs, e.g. `attempt.accepted`.")
    words = serializers.CharField(help_text="What happened, for people.")
    facts = serializers.DictField(help_text="The machine's codes and numbers.")


class EntryShape(serializers.Serializer[Any]):
    """One thing that happened to a contact."""

    at = serializers.DateTimeField()
    code = serializers.CharField(help_text="What happened, for programs, e.g. `consent.opted_out`.")
    words = serializers.CharField(help_text="What happened, for people.")
    facts = serializers.DictField(help_text="The machine's codes, ids and numbers.")


class VerdictShape(serializers.Serializer[Any]):
    """Whether they got it, and why."""

    status = serializers.ChoiceField(choices=RECIPIENT.states)
    reason = serializers.CharField()
    words = serializers.CharField()


class TraceShape(serializers.Serializer[Any]):
    """Why this person got the campaign, or did not: everything in order."""

    recipient = TracedShape()
    verdict = VerdictShape()
    steps = StepShape(many=True)


class MessageShape(serializers.Serializer[Any]):
    """A line of the message log: an attempt, a receipt or a decision about one recipient."""

    id = PublicId(kind="log")
    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="attempt, receipt, poll, late, decision or inbound")
    outcome = serializers.CharField(help_text="Of an attempt: accepted, refused, unsure. Of a receipt: its word.")
    campaign = PublicId(kind="cmp", source="campaign_id", allow_null=True)
    recipient = PublicId(kind="rcp", source="recipient_id", allow_null=True)
    contact = PublicId(kind="con", source="contact_id", allow_null=True)
    batch = PublicId(kind="bat", source="batch_id", allow_null=True)
    phone = serializers.CharField(allow_null=True, help_text="null after erasure")
    status = serializers.CharField(help_text="Of the recipient now.")
    attempt = serializers.IntegerField()
    provider_message_id = serializers.CharField(allow_null=True)
    raw_status = serializers.CharField(help_text="The provider's own word.")
    error_class = serializers.CharField()
    error_code = serializers.CharField(help_text="The provider's own code.")
    parts = serializers.IntegerField(allow_null=True, help_text="The provider's own count: evidence, never billed.")
    text = serializers.CharField(help_text="What was handed over; only on attempts.")


class TotalsShape(serializers.Serializer[Any]):
    """Of campaigns that were started in the last thirty days."""

    campaigns = serializers.IntegerField()
    accepted = serializers.IntegerField()
    delivered = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    unknown = serializers.IntegerField()
    parts = serializers.IntegerField()
    credits = serializers.IntegerField()
    delivery_rate = serializers.FloatField(allow_null=True)
    clicks = serializers.IntegerField(help_text="On links, by people and robots.")
    clickers = serializers.IntegerField(help_text="Messages of which a person followed a link.")
    click_rate = serializers.FloatField(allow_null=True, help_text="`clickers` of the accepted ones.")


class CreditsShape(serializers.Serializer[Any]):
    """The store's credits."""

    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField(help_text="What a new campaign may hold.")


class DayShape(serializers.Serializer[Any]):
    """What came to be on one day of the store's calendar; days without anything are left out."""

    day = serializers.DateField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    undelivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    parts = serializers.IntegerField()
    credits = serializers.IntegerField()


class BriefShape(serializers.Serializer[Any]):
    """A campaign in a list of what runs."""

    id = PublicId(kind="cmp", source="pk")
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=CAMPAIGN.states)
    reason = serializers.CharField()
    send_at = serializers.DateTimeField(allow_null=True)
    audience = serializers.SerializerMethodField()
    pending = serializers.SerializerMethodField()

    def get_audience(self, row: Any) -> int:
        """Recipients that are written down."""
        return int(row.progress.audience) if hasattr(row, "progress") else 0

    def get_pending(self, row: Any) -> int:
        """Those who wait."""
        return int(row.progress.pending) if hasattr(row, "progress") else 0


class StoreAlertShape(serializers.Serializer[Any]):
    """Something that somebody should look at."""

    code = serializers.CharField(help_text="e.g. no_worker, low_balance, dead_letters, no_route")
    severity = serializers.ChoiceField(choices=("error", "warning", "info"))
    words = serializers.CharField()
    facts = serializers.DictField()


class DashboardShape(serializers.Serializer[Any]):
    """The store at a glance."""

    since = serializers.DateField()
    totals = TotalsShape()
    days = DayShape(many=True)
    credits = CreditsShape(source="account")
    running = BriefShape(many=True)
    scheduled = BriefShape(many=True)
    alerts = StoreAlertShape(many=True)
