"""The bodies of prices and previews."""

from typing import Any

from rest_framework import serializers

from billing.forecast import forecast
from billing.services import seen
from campaigns.drafts import Draft
from campaigns.serializers import DraftBody
from campaigns.services.gate import Intent, blockers, warnings
from config.problems import Problem
from config.wire import PublicId

CHANGES = ("signs", "letters", "values", "signs_and_values", "letters_and_values")


class CountryShape(serializers.Serializer[Any]):
    """The price of the recipients in one country."""

    country = serializers.CharField()
    recipients = serializers.IntegerField()
    parts = serializers.IntegerField()
    credits_per_part = serializers.IntegerField()
    credits = serializers.IntegerField()


class SpentShape(serializers.Serializer[Any]):
    """Credits that nothing holds, before and after the launch; `after` is below zero by what is missing."""

    before = serializers.IntegerField()
    used = serializers.IntegerField()
    after = serializers.IntegerField()


class BlockerShape(serializers.Serializer[Any]):
    """What `enqueue` would answer now, with the members of its problem document."""

    code = serializers.CharField()
    detail = serializers.CharField()
    facts = serializers.DictField(help_text="E.g. `required`, `available` and `missing` credits.")


class WarningShape(serializers.Serializer[Any]):
    """What does not stop a launch, but is worth knowing before it."""

    code = serializers.ChoiceField(choices=("QUEUE_DISABLED", "OPT_OUT_MISSING"))
    detail = serializers.CharField()


class CostlyShape(serializers.Serializer[Any]):
    """A character that makes a text dearer."""

    character = serializers.CharField(trim_whitespace=False)
    name = serializers.CharField(help_text="Its Unicode name.")
    times = serializers.IntegerField(help_text="In the text; for a field: recipients with it.")
    effect = serializers.ChoiceField(
        choices=("ucs2", "double"), help_text="`ucs2`: 70 instead of 160 in a message; `double`: it takes two septets."
    )
    replacement = serializers.CharField(
        allow_null=True, help_text="What costs less; empty to leave it out, null when there is nothing."
    )
    safe = serializers.BooleanField(help_text="The replacement reads the same.")


class CostlyInTextShape(CostlyShape):
    """A character of the message, or of the opt-out text below it."""

    place = serializers.ChoiceField(choices=("message", "opt_out_text"))


class FieldCostShape(serializers.Serializer[Any]):
    """Values that make their messages longer: "83 of 40 000 first names: +166 credits"."""

    # DRF takes declared fields out of the class, so that its own method of this name stays.
    field = serializers.CharField()
    recipients = serializers.IntegerField(help_text="Whose value costs more …")
    of = serializers.IntegerField(help_text="… of all who have one.")
    parts = serializers.IntegerField(help_text="More than the same values in plain letters would take.")
    credits = serializers.IntegerField()
    characters = CostlyShape(many=True)


class OptionShape(serializers.Serializer[Any]):
    """Another way to write it: PATCH the campaign with this `message` and `plain_values` to save as much."""

    change = serializers.ChoiceField(
        choices=CHANGES,
        help_text="`signs`: quotation marks, dashes and the like, which read the same; `letters`: also letters without "
        "accents and Greek in capitals; `values`: names and other merge values in plain letters.",
    )
    message = serializers.CharField()
    plain_values = serializers.BooleanField()
    parts = serializers.IntegerField()
    credits = serializers.IntegerField()
    saved_parts = serializers.IntegerField()
    saved_credits = serializers.IntegerField()


class AdviceShape(serializers.Serializer[Any]):
    """The characters that cost money, and what would save it; counted over all recipients."""

    characters = CostlyInTextShape(many=True)
    values = FieldCostShape(many=True)
    options = OptionShape(many=True)


class QuoteShape(serializers.Serializer[Any]):
    """The exact price, valid until `expires_at`. Present its id to `enqueue` to be charged no more than this."""

    id = PublicId(kind="quo")
    campaign = PublicId(kind="cmp", source="campaign_id", allow_null=True, help_text="null for an unsaved draft")
    recipients = serializers.IntegerField()
    parts = serializers.IntegerField()
    credits = serializers.IntegerField()
    exclusions = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Contacts left out, by reason: `opted_out`, `not_opted_in`, `suppressed`, `invalid`, "
        "`frequency_cap`, `missing_field`. A phone is in a store once, so there are no duplicates.",
    )
    parts_histogram = serializers.DictField(
        child=serializers.IntegerField(), help_text="Recipients by number of parts."
    )
    encoding = serializers.DictField(
        child=serializers.IntegerField(), help_text="Recipients by `GSM-7` (160 characters) and `UCS-2` (70)."
    )
    countries = CountryShape(many=True)
    allowance = SpentShape(help_text="The plan's free credits, which go first.")
    balance = SpentShape(help_text="Bought credits that no other campaign holds.")
    blockers = BlockerShape(many=True, help_text="Why `enqueue` would refuse now; empty when it would not.")
    warnings = WarningShape(many=True)
    advice = AdviceShape()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


def quoted(intent: Intent, draft: Draft) -> dict[str, Any]:
    """A quote as the API shows it: the stored numbers, and what a launch would meet at this moment."""
    quote = intent.quote
    stored = {column.attname: getattr(quote, column.attname) for column in quote._meta.concrete_fields}
    left = forecast(seen(intent.store.pk), credits=quote.credits)
    shown = {
        **stored,
        "allowance": left.allowance._asdict(),
        "balance": left.balance._asdict(),
        "blockers": [_blocker(problem) for problem in blockers(intent)],
        "warnings": [{"code": code, "detail": detail} for code, detail in warnings(draft)],
    }
    return dict(QuoteShape(shown).data)


def _blocker(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "detail": problem.detail, "facts": problem.facts}


class PreviewDraftBody(DraftBody):
    """A draft, and for whom to render it."""

    contact = PublicId(kind="con", required=False, help_text="This contact instead of the first recipients.")


class RenderedShape(serializers.Serializer[Any]):
    """What one contact would read, and what it costs."""

    contact = PublicId(kind="con", source="contact_id")
    text = serializers.CharField()
    encoding = serializers.ChoiceField(choices=("GSM-7", "UCS-2"))
    units = serializers.IntegerField(help_text="Septets of GSM-7, or UTF-16 code units.")
    parts = serializers.IntegerField()
    credits = serializers.IntegerField()
    left_out = serializers.CharField(help_text="Why this contact does not get it; empty when it does.")


class ShortLinkShape(serializers.Serializer[Any]):
    """An address of the text that recipients read as a short link."""

    number = serializers.IntegerField()
    url = serializers.CharField(help_text="Where it leads.")


class TextPreviewShape(serializers.Serializer[Any]):
    """The whole text, and what a few contacts would read: the first recipients by age of the contact.

    For the code of a short link there are twelve x: every recipient has one of their own, and it is as wide.
    """

    text = serializers.CharField(help_text="With its placeholders, and with the opt-out text where it is appended.")
    messages = RenderedShape(many=True)
    links = ShortLinkShape(many=True)
