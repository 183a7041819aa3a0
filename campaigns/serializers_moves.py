"""The bodies of what is done to a campaign: planning, copying, priority, tests."""

from datetime import datetime

from rest_framework import serializers

from campaigns.models import Campaign
from campaigns.serializers import AUDIENCE_MODES, PriorityField, ReasonBody
from campaigns.services.schedule import Plan
from config.problems import invalid
from config.wire import Body, Moment, PublicId

TEST_NUMBERS_MAX = 5


class ScheduleBody(Body):
    """When to send, by whose clock, to whom, and for how much at most."""

    send_at = Moment(
        required=False,
        help_text="Without an offset by the clock of the store: a time that it skips is the end of the gap, of one "
        "that comes twice it is the first. Left out: the campaign's own.",
    )
    local = serializers.BooleanField(
        default=False,
        help_text="At the hour that the store's clock shows at `send_at`, but by each recipient's own clock. Refused "
        "if that has passed for any recipient.",
    )
    audience_mode = serializers.ChoiceField(
        choices=AUDIENCE_MODES,
        default="launch",
        help_text="`launch`: whoever belongs to the audience when it starts. `frozen`: only who belongs now. Who opts "
        "out is never texted.",
    )
    quote_id = PublicId(
        kind="quo",
        required=False,
        allow_null=True,
        help_text="The price that was shown: the campaign will not start for more.",
    )

    def plan(self, campaign: Campaign) -> Plan:
        """What was decided. Raises InvalidFields when there is no time."""
        asked = self.validated_data
        send_at = asked.get("send_at") or campaign.send_at
        if asked["local"] and not asked.get("send_at") and campaign.local_at:
            send_at = datetime.fromisoformat(campaign.local_at)
        if send_at is None:
            raise invalid("/send_at", "When is it to be sent?", code="required")
        return Plan(send_at, asked["local"], asked["audience_mode"] == "frozen", asked.get("quote_id"))


class CloneBody(Body):
    """A copy of a campaign."""

    name = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="Left out: the name of the original."
    )


class PriorityBody(ReasonBody):
    """Another priority, and why."""

    priority = PriorityField()


class TestBody(Body):
    """To whom a test goes, and what stands in the placeholders."""

    __test__ = False  # the name is the API's, pytest is not to collect it
    to = serializers.ListField(
        child=serializers.CharField(max_length=40),
        min_length=1,
        max_length=TEST_NUMBERS_MAX,
        help_text="Your own numbers.",
    )
    contact = PublicId(
        kind="con", required=False, allow_null=True, help_text="Show what this contact would get, instead of `values`."
    )
    values = serializers.DictField(
        child=serializers.RegexField(r"^[^{}\x00]*$", max_length=200, allow_blank=True),
        required=False,
        default=dict,
        help_text="Field → what to show; example words for the others.",
    )
