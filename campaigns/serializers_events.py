"""The bodies of customer events."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from rest_framework import serializers

from audiences.services.events import Happened
from campaigns.automations.ingest import EVENTS_MAX
from config.opaque import private_id
from config.problems import invalid
from config.wire import Body, JsonObject, Moment, PublicId

PROPERTIES_MAX = 50
SKEW = timedelta(minutes=5)  # by which clocks may differ


class ToldEventBody(Body):
    """Something that a customer did. Who: `contact` or `phone`, one of them."""

    event_id = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Your own id: told again, it counts once. Left out: each is a new one.",
    )
    name = serializers.CharField(max_length=60, help_text="E.g. `purchase`. Automations listen for it.")
    contact = serializers.CharField(max_length=40, required=False, help_text="Id of a contact: `con_…`.")
    phone = serializers.CharField(max_length=40, required=False, help_text="As the store would write it.")
    properties = JsonObject(required=False, help_text=f"At most {PROPERTIES_MAX} members.")
    occurred_at = Moment(required=False, help_text="Left out: now. With an offset, and not in the future.")

    def validate_properties(self, value: dict[str, Any]) -> dict[str, Any]:
        """A bounded number."""
        if len(value) > PROPERTIES_MAX:
            raise serializers.ValidationError(f"At most {PROPERTIES_MAX}.", code="too_many")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one says who."""
        if ("contact" in attrs) == ("phone" in attrs):
            raise serializers.ValidationError({"contact": "Either `contact` or `phone`."}, code="who")
        return attrs


class EventsBody(Body):
    """Events of any customers. One that names nobody we know is refused alone; a wrong body refuses all of them."""

    events = ToldEventBody(many=True, allow_empty=False, max_length=EVENTS_MAX)  # type: ignore[call-arg]

    def told(self, now: datetime) -> list[Happened]:
        """What was told. Raises InvalidFields for a time without an offset, or in the future."""
        ours = uuid4().hex  # with the place in the request: they are written down in its order
        events = enumerate(self.validated_data["events"])
        return [_told({"event_id": f"{ours}-{number:04}", **each}, number, now) for number, each in events]


def _told(each: dict[str, Any], number: int, now: datetime) -> Happened:
    at = each.get("occurred_at", now)
    if at.tzinfo is None or at > now + SKEW:
        raise invalid(f"/events/{number}/occurred_at", "A time with an offset, not in the future.", code="bad_time")
    contact = each.get("contact")
    return Happened(
        event_id=each["event_id"],
        name=each["name"],
        properties=each.get("properties", {}),
        occurred_at=at,
        # What is no id of ours is nobody, like somebody else's.
        contact_id=None if contact is None else private_id(contact, kind="con") or 0,
        phone=each.get("phone"),
    )


class TakenShape(serializers.Serializer[Any]):
    """What became of one event, in the order of the request."""

    status = serializers.ChoiceField(choices=("accepted", "duplicate", "refused"))
    event = PublicId(kind="cev", allow_null=True, help_text="Of a duplicate: the first one's.")
    automations = serializers.IntegerField(help_text="How many it set off.")
    code = serializers.CharField(help_text="Of a refusal: `unknown_contact`, or what is wrong with the phone.")
    detail = serializers.CharField()


class EventsTakenShape(serializers.Serializer[Any]):
    """What became of the events."""

    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = TakenShape(many=True)


class CustomerEventShape(serializers.Serializer[Any]):
    """A customer event."""

    id = PublicId(kind="cev")
    event_id = serializers.CharField()
    name = serializers.CharField()
    contact = PublicId(kind="con", source="contact_id")
    properties = serializers.DictField()
    occurred_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
