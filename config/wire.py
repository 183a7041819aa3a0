"""What bodies of the API have in common: JSON within bounds, opaque ids, and no field that nobody knows."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import IO, Any, cast

from django.conf import settings
from rest_framework import parsers, serializers
from rest_framework.exceptions import ErrorDetail, ParseError

from config.opaque import private_id, public_id
from config.problems import TooLarge

BIGGEST = 2**63 - 1


class JsonBody(parsers.JSONParser):
    """JSON of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes: DRF's own parser reads the stream to its end."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _bounded(parser_context, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        try:
            return super().parse(stream, media_type, cast("dict[str, Any]", parser_context))
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class Body(serializers.Serializer[Any]):
    """A body whose fields are listed. An unknown name is refused, so that a typing error never passes in silence.

    What was read may be sent back: a read-only field is accepted with the value that `instance` has, refused otherwise.
    """

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        if errors := {**self._unknown(data), **self._changed(data)}:
            raise serializers.ValidationError(cast("dict[str, Any]", errors))
        return self._well_typed(data)

    def _well_typed(self, data: Mapping[str, Any]) -> Any:
        """As DRF reads the fields, but a number is no text and no yes or no: DRF would take it for one."""
        wrong = {
            name: [ErrorDetail(refusal, code="invalid")]
            for name, field in self.fields.items()
            if (refusal := _refusal_of_number(field, data.get(name)))
        }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(cast("dict[str, Any]", {**error.detail, **wrong})) from None  # type: ignore[dict-item]
        if wrong:
            raise serializers.ValidationError(cast("dict[str, Any]", wrong))
        return value

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        unknown = [ErrorDetail("There is no such field.", code="unknown_field")]
        strange = [str(name).encode(errors="replace").decode() for name in data if name not in self.fields]
        return dict.fromkeys(strange, unknown)

    def _changed(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        fixed = [name for name in data if name in self.fields and self.fields[name].read_only]
        if not fixed:
            return {}
        shown = {} if self.instance is None else self.to_representation(self.instance)
        wrong = [ErrorDetail("This cannot be set here.", code="read_only")]
        return {name: wrong for name in fixed if name not in shown or shown[name] != data[name]}


def _refusal_of_number(field: Any, value: Any) -> str:
    if not isinstance(value, (int, float)):
        return ""
    if isinstance(field, serializers.CharField):
        return "Not a valid string."
    is_switch = isinstance(field, serializers.BooleanField) and not isinstance(value, bool)
    return "Must be a valid boolean." if is_switch else ""


@cache
def _shape_of(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    return shape()


def written(shape: type[serializers.Serializer[Any]], value: Any) -> dict[str, Any]:
    """A value as a body of this shape, which must not depend on the request.

    By one serializer per process: DRF copies every declared field for each new one, 1 ms for fifty fields.
    """
    return dict(_shape_of(shape).to_representation(value))


class PublicId(serializers.CharField):
    """A primary key, shown as an opaque id of its kind. Reading back gives the key; a made-up id is invalid."""

    default_error_messages = {"unknown_id": "There is no such thing."}

    def __init__(self, *, kind: str, **options: Any) -> None:
        self.kind = kind
        super().__init__(**options)

    def to_representation(self, value: Any) -> str:
        return public_id(int(value), kind=self.kind)

    def to_internal_value(self, data: Any) -> Any:
        number = private_id(super().to_internal_value(data), kind=self.kind)
        if number is None:
            self.fail("unknown_id")
        return number


class Moment(serializers.DateTimeField):
    """A moment. Without an offset it stays naive: a clock's time, for a service that knows whose clock."""

    def enforce_timezone(self, value: datetime) -> datetime:
        # Zones reach a day over the ends of the calendar; nothing is planned there.
        if not 1970 < value.year < 9999:
            self.fail("invalid", format="a year from 1971 to 9998")
        return value


class JsonObject(serializers.DictField):
    """A JSON object that PostgreSQL can store: no NUL and no half of a surrogate pair in any text."""

    default_error_messages = {"unstorable": "The text holds a NUL or half a surrogate pair."}

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        try:
            text = json.dumps(value, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            self.fail("unstorable")
        if rb"\u0000" in text:
            self.fail("unstorable")
        return value


class ActorField(serializers.CharField):
    """Who did it, e.g. `user:usr_…`: the stored name with its number made opaque."""

    KINDS = {"user": "usr", "key": "key", "staff": "usr", "contact": "con"}

    def to_representation(self, value: Any) -> str:
        word, _, number = str(value).partition(":")
        kind = self.KINDS.get(word)
        return f"{word}:{public_id(int(number), kind=kind)}" if kind and number.isdigit() else str(value)


class Upload(parsers.MultiPartParser):
    """A form with a file of at most IMPORT_MAX_BYTES: refused by its announced length, before a byte is read."""

    FORM_BYTES = 1024 * 1024  # what the other fields and the boundaries may take

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _bounded(parser_context, limit=settings.IMPORT_MAX_BYTES + self.FORM_BYTES)
        return super().parse(stream, media_type, cast("dict[str, Any]", parser_context))


def _bounded(parser_context: Mapping[str, Any] | None, *, limit: int) -> None:
    request = (parser_context or {})["request"]
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise TooLarge
