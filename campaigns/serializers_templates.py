"""The bodies of the templates library."""

from functools import lru_cache
from typing import Any, NamedTuple

from rest_framework import serializers

from campaigns.content import parse
from campaigns.models.template import CATEGORIES
from campaigns.sample import fill
from campaigns.starters import LANGUAGES, TRADES
from config.wire import ActorField, Body, PublicId
from providers.gsm import count


class Measured(NamedTuple):
    """What a text needs and takes, with example words in its placeholders and without an opt-out text."""

    variables: tuple[str, ...]
    encoding: str
    parts: int


@lru_cache(maxsize=1024)
def measure(text: str) -> Measured:
    """Measure a text (units: see providers.gsm)."""
    content = parse(text)
    size = count(fill(content, {}))
    return Measured(content.fields, size.encoding, size.parts)


class MeasuredText(serializers.Serializer[Any]):
    """A text with what it needs and takes."""

    variables = serializers.SerializerMethodField(help_text="Fields that its placeholders name.")
    encoding = serializers.SerializerMethodField(help_text="`GSM-7`: 160 characters in a part; `UCS-2`: 70.")
    parts = serializers.SerializerMethodField(
        help_text="Parts of one message, with example words and without the opt-out text."
    )

    def get_variables(self, row: Any) -> list[str]:
        return list(measure(row.text).variables)

    def get_encoding(self, row: Any) -> str:
        return measure(row.text).encoding

    def get_parts(self, row: Any) -> int:
        return measure(row.text).parts


class TemplateBody(MeasuredText, Body):
    """A text of the store's library."""

    id = PublicId(kind="tpl", read_only=True)
    name = serializers.CharField(max_length=160)
    text = serializers.CharField(trim_whitespace=False, help_text="Checked like the message of a campaign.")
    language = serializers.RegexField(r"^([a-z]{2,3}(-[A-Za-z0-9]{2,6})?)?$", max_length=10, default="")
    category = serializers.ChoiceField(choices=CATEGORIES, default="other")
    starter = serializers.CharField(read_only=True, help_text="The starter that it was copied from.")
    created_by = ActorField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class DuplicateBody(Body):
    """A copy of a template."""

    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=160)


class StarterShape(MeasuredText):
    """A text to begin with."""

    key = serializers.CharField()
    trade = serializers.ChoiceField(choices=TRADES)
    language = serializers.ChoiceField(choices=LANGUAGES)
    category = serializers.ChoiceField(choices=CATEGORIES)
    name = serializers.CharField()
    text = serializers.CharField()


class StartersShape(serializers.Serializer[Any]):
    """All of them: they fit on one page."""

    next = serializers.CharField(allow_null=True)
    results = StarterShape(many=True)


class CopyStarterBody(DuplicateBody):
    """Which starter to copy."""

    starter = serializers.CharField(max_length=60, help_text="The `key` of a starter.")
