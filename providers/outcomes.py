"""How an answer over HTTP becomes one of the three outcomes, the same for every provider.

A refusal must be explicit, in the provider's own error shape: a proxy on the way may answer for a call that the origin
has processed. What is neither a clear yes nor a clear no is `Unsure`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

import orjson

from providers.http import Reply
from providers.interface import CallResult, ErrorClass, Item, ProviderDown, Refused, RouteFault, RouteRefused, Unsure

# Longer than this nobody waits on a header's word alone: the limiter asks again.
MAX_RETRY_AFTER_SECONDS: Final = 3600.0
_ERROR_KEYS: Final = ("message", "error", "errors", "title", "detail", "code")
_ROUTE_FAULTS: Final[dict[int, RouteFault]] = {
    HTTPStatus.UNAUTHORIZED: "credentials",
    HTTPStatus.PAYMENT_REQUIRED: "balance",
    HTTPStatus.FORBIDDEN: "credentials",
    # The address is part of how we reach the account: nothing can be sent until staff have looked at it.
    HTTPStatus.NOT_FOUND: "credentials",
    HTTPStatus.METHOD_NOT_ALLOWED: "credentials",
}
_CONTENT_FAULTS: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
# Where a provider's own code can be about the one item of the call.
_ITEM_FAULTS: Final = _CONTENT_FAULTS | {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_LONG_NUMBER: Final = re.compile(r"\+?\d[\d \-]{5,}\d")


def not_sent(items: Sequence[Item], why: str) -> CallResult:
    """Provably nothing left this machine: retryable, and it costs no attempt."""
    refused = Refused("route_down", "not_sent", retryable=True)
    return CallResult([refused] * len(items), not_sent=True, note=why)


def unserialisable(items: Sequence[Item]) -> CallResult:
    """A text that cannot be put on the wire (half of a surrogate pair): found by halving, then final."""
    many = len(items) > 1
    return CallResult([Refused("other", "unserialisable", many)] * len(items), split=many, note="unserialisable")


def unsure(items: Sequence[Item], why: str, *, status: int | None = None) -> CallResult:
    """The whole call may or may not have been processed."""
    return CallResult([Unsure(why)] * len(items), raw_status=status, note=why)


def not_accepted(
    items: Sequence[Item], reply: Reply, *, hide: str, known: Mapping[str, tuple[ErrorClass, bool]] | None = None
) -> CallResult:
    """Classify any answer that is not 2xx (RFC 9110 status codes; which of them are definite is our rule).

    `hide` is the credential that must not come back in the note, should the provider quote it. `known` says what the
    provider's own codes mean (class, may it pass later): a code in it decides for a call of one item.
    """
    status = reply.status
    if not _is_explicit(reply):
        return _doubtful(items, reply)
    note = f"HTTP {status} {excerpt(reply.body).replace(hide, '…')}".strip()
    code = _own_code(reply.body)
    if known and code in known and len(items) == 1 and status in _ITEM_FAULTS:
        error_class, retryable = known[code]
        return CallResult([Refused(error_class, code, retryable)], raw_status=status, note=note)
    if fault := _ROUTE_FAULTS.get(status):
        return _refused(items, reply, note, error_class="route_down", route_fault=fault, not_sent=True)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = retry_after(reply.headers)
        return _refused(items, reply, note, error_class="provider_error", retry_after=wait, not_sent=True)
    if status in _CONTENT_FAULTS:
        many = len(items) > 1
        return _refused(items, reply, note, error_class="provider_rejected", retryable=many, split=many)
    return unsure(items, note, status=status)


def looked_up(reply: Reply) -> dict[str, Any] | None:
    """The answer to a look-up, None when the provider does not know the id. Raises RouteRefused, ProviderDown."""
    if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise RouteRefused(f"HTTP {reply.status}")
    if reply.status == HTTPStatus.NOT_FOUND and _is_explicit(reply):
        return None
    answer = read_json(reply.body)
    if reply.status != HTTPStatus.OK or not isinstance(answer, dict):
        raise ProviderDown(f"HTTP {reply.status} to a look-up")
    return answer


def _refused(
    items: Sequence[Item], reply: Reply, note: str, *, error_class: ErrorClass, retryable: bool = True, **more: Any
) -> CallResult:
    refused = Refused(error_class, str(reply.status), retryable)
    return CallResult([refused] * len(items), raw_status=reply.status, note=note, **more)


def _doubtful(items: Sequence[Item], reply: Reply) -> CallResult:
    """An answer in nobody's error shape settles nothing, but 401 and 403 still say that the route must stop."""
    why = f"HTTP {reply.status} without the provider's error shape"
    credentials = reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
    fault: RouteFault | None = "credentials" if credentials else None
    return CallResult([Unsure(why)] * len(items), route_fault=fault, raw_status=reply.status, note=why)


def _is_explicit(reply: Reply) -> bool:
    """The provider's own error shape; or 401, 402, 403, 404, 429 without a body, as authentication layers answer."""
    if not reply.body.strip():
        return reply.status in {401, 402, 403, 404, 429}
    answer = read_json(reply.body)
    return isinstance(answer, dict) and any(answer.get(key) for key in _ERROR_KEYS)


def _own_code(body: bytes) -> str:
    answer = read_json(body)
    return str(answer.get("code", "")) if isinstance(answer, dict) else ""


def read_json(body: bytes) -> Any:
    """The parsed body, or None when it is not JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header (both forms of RFC 9110 10.2.3); None without one that can be read."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isdigit():
        return min(float(value), MAX_RETRY_AFTER_SECONDS)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = (until.astimezone(UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def excerpt(body: bytes) -> str:
    """The beginning of an error body for a log line; phone numbers and long ids are taken out."""
    return _LONG_NUMBER.sub("…", body[:400].decode("utf-8", "replace"))[:200]
