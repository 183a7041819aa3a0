"""What adapters share when a provider calls us: whose call it is, and reading a body that keeps no promise."""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import orjson

from providers import outcomes
from providers.interface import BadPayload, BadSignature, ErrorClass, Inbound, Receipt, ReceiptStatus

# Beyond this, a number is not seconds since 1970 but milliseconds (year 5138).
_MILLISECONDS_FROM: Final = 100_000_000_000
_LONGEST_KEY: Final = 100
# A whole number without its "+"; shorter ones are short codes.
_MSISDN: Final = re.compile(r"[1-9]\d{7,14}", re.ASCII).fullmatch

Errors = dict[str, tuple[ErrorClass, bool]]


class Fields(NamedTuple):
    """The names under which a provider has been seen to put the same thing, best first."""

    ids: tuple[str, ...]
    words: tuple[str, ...]
    times: tuple[str, ...]
    reasons: tuple[str, ...]
    events: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def errors(*rows: tuple[ErrorClass, bool, str]) -> Errors:
    """A table (class, retryable, the provider's words for it in `plain` form) as a mapping by word."""
    return {said: (error_class, retryable) for error_class, retryable, words in rows for said in words.split()}


def receipt(element: dict[str, Any], fields: Fields, statuses: dict[str, ReceiptStatus], known: Errors) -> Receipt:
    """One receipt out of an element. An unknown word becomes "unknown" and stays raw: it is never guessed."""
    message_id, raw, time = word(element, fields.ids), word(element, fields.words) or "", first(element, fields.times)
    status = statuses.get(raw.lower(), "unknown")
    failed = status in {"undelivered", "expired"}
    why = code(first(element, fields.reasons) or raw) if failed else None
    fallback: ErrorClass = "expired" if status == "expired" else "other"
    return Receipt(
        dedupe=event_key(element, fields) or digest(message_id, raw.lower(), why, time),
        reference=word(element, ("reference",)),
        provider_message_id=message_id,
        status=status,
        raw_status=raw,
        error_class=None if why is None else known.get(plain(why), (fallback, False))[0],
        error_code=why,
        at=instant(time),
        parts=count(element, fields.parts),
    )


def inbound(element: dict[str, Any], fields: Fields) -> Inbound:
    """One inbound SMS out of an element. Without id and time, a second equal text counts as a repetition."""
    message_id, text = word(element, fields.ids), first(element, ("text", "message", "body", "Body"))
    said, phone = _storable(str(text or "")), word(element, ("from", "msisdn", "sender", "From")) or ""
    phone, to = f"+{phone}" if _MSISDN(phone) else phone, word(element, ("to", "To"))
    time = first(element, fields.times)
    dedupe = event_key(element, fields) or message_id or digest(phone, to, said, time)
    return Inbound(dedupe, message_id, phone, to, said, instant(time))


def code(reason: Any) -> str:
    """An error as one short word or sentence, from a string, a number or an object with `code` or `message`."""
    said = first(reason, ("code", "message")) if isinstance(reason, dict) else reason
    return outcomes.excerpt(_storable(str(said)).encode("utf-8", "replace"))[:60]


def header(headers: Mapping[str, str], name: str) -> str | None:
    """A header's value whatever the case of its name."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def authentic(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], *, token: str, signature: str
) -> list[dict[str, Any]]:
    """The objects in a webhook call that proves it knows one of our secrets (several: while they are rotated).

    `token` and `signature` name the headers. A hex HMAC-SHA256 of the raw body decides when there is one, else the
    secret itself as a token. Comparing takes the same time for a right and a wrong value. Without a configured secret
    nothing is let in. Raises BadSignature, BadPayload.
    """
    signed, given = header(headers, signature), header(headers, token)
    expected = [secret.encode() for secret in secrets]
    if signed is not None:
        given = signed.lower().removeprefix("sha256=")
        expected = [hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in expected]
    prove(given, expected)
    return elements(body)


def signatures(secrets: Sequence[str], message: bytes, algorithm: str) -> list[bytes]:
    """The HMAC of a message with each of our secrets, in base64."""
    return [b64encode(hmac.digest(secret.encode(), message, algorithm)) for secret in secrets]


def prove(given: str | None, expected: Iterable[bytes]) -> None:
    """Compare a proof with each one that would do, in the same time for right and wrong. Raises BadSignature."""
    matches = [hmac.compare_digest((given or "").encode("utf-8", "replace"), candidate) for candidate in expected]
    if not given or not any(matches):
        raise BadSignature


def elements(body: bytes) -> list[dict[str, Any]]:
    """The objects of a body that is one object or an array of them. Raises BadPayload when it holds anything else."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadPayload("not JSON") from error
    found = content if isinstance(content, list) else [content]
    if not found or not all(isinstance(element, dict) for element in found):
        raise BadPayload("neither an object nor an array of objects")
    return found


def first(element: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first of these fields that says something; a zero error code says nothing."""
    for name in names:
        if value := element.get(name):
            return value
    return None


def _storable(said: str) -> str:
    """Without NUL characters, which PostgreSQL refuses: the receipt would come back for ever."""
    return said.replace("\x00", "")


def word(element: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of these fields as text, shortened to what a column holds."""
    value = first(element, names)
    return None if value is None else _storable(str(value)).strip()[:200] or None


def count(element: Mapping[str, Any], names: Iterable[str]) -> int | None:
    """A small whole number (parts), also as text; None when it is anything else."""
    value = first(element, names)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:4])
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000 else None


def plain(said: str) -> str:
    """A provider's word without case, spaces and punctuation, as mapping tables have it."""
    return "".join(filter(str.isalnum, said.lower()))


def instant(value: Any) -> datetime | None:
    """A provider's time: ISO 8601 or as in mail headers (no zone means UTC), seconds or milliseconds since 1970.

    None when it cannot be read.
    """
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            seconds = float(value)
            return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds, UTC)
        moment = parsedate_to_datetime(value) if value[3:4] == "," else datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def event_key(element: Mapping[str, Any], fields: Fields) -> str | None:
    """The provider's own id of the event, as long as a column holds."""
    event = word(element, fields.events)
    return digest(event) if event and len(event) > _LONGEST_KEY else event


def digest(*said: object) -> str:
    """A stable key for what was said, when the provider gives none."""
    return hashlib.sha256(orjson.dumps([str(part) for part in said])).hexdigest()[:40]
