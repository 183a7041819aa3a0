"""The bodies of the segments API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audiences.models import Segment
from audiences.segments.count import count
from audiences.segments.grammar import says, show
from audiences.segments.kind import Pinned
from audiences.segments.registry import SystemSegment
from audiences.segments.system import PREFIX
from audiences.serializers import ContactBody
from config.opaque import public_id
from config.wire import Body, JsonObject, PublicId

ID_PATTERN = r"^(seg_[a-z2-7]{26}|sys:[a-z0-9_]+)$"
RULES_EXAMPLE = {
    "and": [
        {"rule": "gender", "is": "female"},
        {"rule": "age", "between": [25, 34]},
        {"not": {"rule": "sent", "in_last_days": 7}},
    ]
}


@extend_schema_field({"type": "string", "pattern": ID_PATTERN, "example": "sys:women"})
class SegmentIdField(serializers.Field):  # type: ignore[type-arg]
    """The public id of a segment, or `sys:` and the key of a system segment."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", **{"read_only": True, **options})

    def to_representation(self, value: Any) -> str:
        return f"{PREFIX}{value.key}" if isinstance(value, SystemSegment) else public_id(value.pk, kind="seg")


@extend_schema_field({"type": "object", "additionalProperties": {}, "example": RULES_EXAMPLE})
class RulesField(JsonObject):
    """Rules: stored by primary keys, shown by public ids. The view puts the `sight` into the context."""

    def to_representation(self, value: Any) -> Any:
        return show(value, sight=self.context["sight"])


class SegmentBody(Body):
    """Rules that choose contacts: `{"and": […]}`, `{"or": […]}`, `{"not": …}` or `{"rule": …, <operator>: …}`."""

    id = SegmentIdField()
    name = serializers.CharField(max_length=160)
    description = serializers.CharField(max_length=400, allow_blank=True, required=False)
    rules = RulesField(help_text="See `GET /api/v1/segments/rules`.")
    system = serializers.SerializerMethodField(help_text="Every store has it; it cannot be changed.")
    created_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)
    updated_at = serializers.DateTimeField(read_only=True, allow_null=True, default=None)

    def get_system(self, row: Segment | SystemSegment) -> bool:
        """Whether every store has it."""
        return isinstance(row, SystemSegment)


class TroubleShape(serializers.Serializer[Any]):
    """A rule that means nothing any more: while there is one, the segment chooses nobody."""

    at = serializers.CharField(help_text="JSON pointer inside of `rules`; empty: the whole.")
    code = serializers.CharField(help_text="E.g. `gone` (a list), `unknown_rule` (a custom field that was deleted).")
    detail = serializers.CharField()


class WholeSegmentBody(SegmentBody):
    """A segment with what it chooses now."""

    says = serializers.SerializerMethodField(help_text="The rules in words.")
    count = serializers.SerializerMethodField(help_text="Contacts in it now; null when that took too long to count.")
    blockers = serializers.SerializerMethodField(help_text="Why it chooses nobody; empty when it can choose.")

    def get_says(self, row: Segment | SystemSegment) -> str:
        """In words."""
        return says(row.rules, sight=self.context["sight"])

    def get_count(self, row: Segment | SystemSegment) -> int | None:
        """Live, within SEGMENT_COUNT_SECONDS."""
        stored = {"kind": "segment", **({"key": row.key} if isinstance(row, SystemSegment) else {"id": row.pk})}
        return count(stored, store_id=self.context["sight"].store_id)

    @extend_schema_field(TroubleShape(many=True))
    def get_blockers(self, row: Segment | SystemSegment) -> list[dict[str, Any]]:
        """What a quote would say."""
        return [trouble._asdict() for trouble in Pinned(row.rules, self.context["sight"]).troubles()]


class PreviewSegmentBody(Body):
    """Rules that are not saved, and a contact of whom to say why it is in or not."""

    rules = RulesField()
    contact = PublicId(kind="con", required=False)


class ToldShape(serializers.Serializer[Any]):
    """One rule or group, in the order in which they are written."""

    at = serializers.CharField(help_text="JSON pointer inside of `rules`; empty: the whole.")
    says = serializers.CharField(help_text="In words.")
    meets = serializers.IntegerField(allow_null=True, help_text="Contacts who meet it by itself.")
    leaves = serializers.IntegerField(
        allow_null=True,
        help_text="In the outermost `and`: contacts who meet it and those before it. Null elsewhere, and as `meets` "
        "when counting took too long.",
    )


class JudgedShape(serializers.Serializer[Any]):
    """Whether a contact belongs, and the rules that keep it out."""

    id = PublicId(kind="con", source="contact_id")
    belongs = serializers.BooleanField()
    because = serializers.ListField(
        child=serializers.CharField(), help_text="Pointers of rules, whose words are in `explained`."
    )


class ChosenShape(ContactBody):
    """A contact in the segment, and what would keep it from a marketing message."""

    exclusion = serializers.CharField(read_only=True, allow_null=True, help_text="E.g. `opted_out`; null: nothing.")


class SegmentPreviewShape(serializers.Serializer[Any]):
    """What rules would choose now: contacts in the segment, of whom not all may be texted (see `exclusion`)."""

    count = serializers.IntegerField(source="size", allow_null=True, help_text="Null when counting took too long.")
    people = ChosenShape(many=True, help_text="The first ten.")
    explained = ToldShape(many=True)
    contact = JudgedShape(allow_null=True)


class OperatorShape(serializers.Serializer[Any]):
    """What can be asked, and what it takes."""

    name = serializers.CharField()
    takes = serializers.CharField(help_text="The type of its argument.")


class RuleShape(serializers.Serializer[Any]):
    """A rule that the store can use."""

    rule = serializers.CharField(source="name")
    label = serializers.CharField(source="what")  # type: ignore[assignment]
    operators = serializers.SerializerMethodField()

    @extend_schema_field(OperatorShape(many=True))
    def get_operators(self, rule: Any) -> list[dict[str, str]]:
        """By name."""
        return [{"name": name, "takes": operator.takes.name} for name, operator in rule.operators.items()]


class CatalogueShape(serializers.Serializer[Any]):
    """Every rule of the store, its custom fields behind the others."""

    results = RuleShape(many=True)
