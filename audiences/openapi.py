"""What drf-spectacular cannot guess about our endpoints: names, scopes, and every problem an operation may answer."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from audiences.auth import scope_needed
from config.idempotency import IdempotencyInProgress, IdempotencyMismatch
from config.problems import (
    MEDIA_TYPE,
    Broken,
    Forbidden,
    InvalidFields,
    NotFound,
    Problem,
    QueueUnavailable,
    TooLarge,
    Unauthenticated,
)
from config.rates import RateLimited

Handler = TypeVar("Handler", bound=Callable[..., Any])
Direction = Literal["request", "response"]
REPEATABLE = "Repeat a request with the same `Idempotency-Key` and it happens once: the first answer is given again."


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters of your choice.",
)


SESSION = {
    "type": "apiKey",
    "in": "cookie",
    "name": "sessionid",
    "description": "The console's session, with `X-CSRFToken` on writes and `X-Store` to choose a store.",
}


class FieldErrorShape(serializers.Serializer[Any]):
    """One field of the body that is not valid."""

    pointer = serializers.CharField(help_text="JSON pointer to the field, e.g. `#/audience/list`.")
    detail = serializers.CharField(help_text="What is wrong, for people.")
    code = serializers.CharField(help_text="What is wrong, for programs.")


class ProblemShape(serializers.Serializer[Any]):
    """A problem document (RFC 9457). Some codes carry further members, e.g. `missing` credits."""

    type = serializers.CharField(help_text="Always `about:blank`: the code says what happened.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="What happened, for programs.")
    detail = serializers.CharField(help_text="What happened, for people.")
    errors = FieldErrorShape(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField(allow_null=True, help_text="The id under which the request was logged.")


def public_pattern(kind: str) -> str:
    """What the public ids of a kind look like."""
    return f"^{kind}_[a-z2-7]{{26}}$"


class PublicIdShape(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How ids look."""

    target_class = "config.wire.PublicId"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, str]:
        """A text with the kind in front."""
        return {"type": "string", "pattern": public_pattern(self.target.kind)}


class StoreKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is presented."""

    target_class = "audiences.auth.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "A key of the store: `hg_live_…`."}


class ConsoleSession(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the console asks."""

    target_class = "audiences.auth.ConsoleAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """The console's cookie."""
        return SESSION


def refuses(*problems: type[Problem]) -> Callable[[Handler], Handler]:
    """Say which problems an action may answer beside those that follow from its route (401, 403, 404, 400 …)."""

    def mark(handler: Handler) -> Handler:
        handler.refusals = problems  # type: ignore[attr-defined]
        return handler

    return mark


class Schema(AutoSchema):
    """The schema of one endpoint."""

    def get_operation_id(self) -> str:
        """`<resource>_<action>`: it stays when the path's parameters are renamed."""
        view: Any = self.view
        return f"{getattr(view, 'basename', None) or view.operation}_{view.action}"

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        """The class without what it is to the code: `CampaignBody` is shown as `Campaign`."""
        return type(serializer).__name__.removesuffix("Shape").removesuffix("Body")

    def get_tags(self) -> list[str]:
        """The resource."""
        return [self._tokenize_path()[0]]

    def get_description(self) -> str:  # type: ignore[override]
        """The action's docstring, the scope it needs, and whether it may be repeated."""
        text = super().get_description() or ""
        notes = [f"Scope: `{scope_needed(self.view, self.method)}`.", REPEATABLE if self._is_idempotent() else ""]
        return "\n\n".join(part for part in [text, *notes] if part)

    def get_override_parameters(self) -> list[Any]:
        """`Idempotency-Key` and `fields` where they are honoured."""
        given = list(super().get_override_parameters())
        key = [IDEMPOTENCY_KEY] if self._is_idempotent() else []
        return [*given, *key, *([_fields(self._ours.get_serializer().fields)] if self._is_sparse() else [])]

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        by_status: dict[int, list[type[Problem]]] = {}
        for problem in self._problems():
            by_status.setdefault(problem.status, []).append(problem)
        for status, problems in sorted(by_status.items()):
            answer: Any = self._get_response_for_code(  # type: ignore[no-untyped-call]
                _answer(problems), str(status), [MEDIA_TYPE], direction
            )
            bodies[str(status)] = answer
        return bodies

    def _problems(self) -> list[type[Problem]]:
        found: list[type[Problem]] = [Unauthenticated, Forbidden, QueueUnavailable, Broken]
        if "{" in self.path:
            found.append(NotFound)
        if self.method in {"POST", "PATCH", "PUT"}:
            found += [InvalidFields, TooLarge]
        elif self._is_list_view() or self._is_sparse():
            found.append(InvalidFields)
        if not self._ours.unlimited:
            found.append(RateLimited)
        if self._is_idempotent():
            found += [IdempotencyMismatch, IdempotencyInProgress]
        return list(dict.fromkeys([*found, *getattr(self._handler(), "refusals", ())]))

    def _resolve_path_parameters(self, variables: Any) -> Any:
        found: Any = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in found:
            if parameter["name"] == "id":
                pattern = getattr(self._ours, "id_pattern", "") or public_pattern(self._ours.kind)
                parameter["schema"] = {"type": "string", "pattern": pattern}
        return found

    def _is_idempotent(self) -> bool:
        return getattr(self._handler(), "idempotent", False)

    def _is_sparse(self) -> bool:
        """Whether what is read can be narrowed by `fields`: lists, and single rows."""
        reads = self.method == "GET" and self._ours.serializer_class is not None
        return reads and (self._is_list_view() or self._ours.action == "retrieve")

    def _handler(self) -> Any:
        return getattr(self._ours, self._ours.action, None)

    @property
    def _ours(self) -> Any:
        """The view, of which the library knows too little."""
        return self.view


def _fields(names: Iterable[str]) -> OpenApiParameter:
    return OpenApiParameter(
        "fields",
        str,
        many=True,
        explode=False,
        enum=list(names),
        description="Only these members, e.g. `id,created_at`. An unknown one is a 400.",
    )


def _answer(problems: list[type[Problem]]) -> OpenApiResponse:
    lines = [f"`{problem.code}`: {(problem.__doc__ or '').strip().splitlines()[0]}" for problem in problems]
    return OpenApiResponse(
        ProblemShape,
        description="\n\n".join(dict.fromkeys(lines)),
        examples=[_example(problem) for problem in problems],
    )


def _example(problem: type[Problem]) -> OpenApiExample:
    message = (problem.__doc__ or "").strip().splitlines()[0]
    body = {
        "type": "about:blank",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "code": problem.code,
        "detail": message,
        "errors": [],
        "request_id": "6f1c0f5e-6a39-4d38-9c0e-0c8f3d1f2b77",
    }
    return OpenApiExample(
        problem.__name__, summary=problem.code, value=body, response_only=True, status_codes=[str(problem.status)]
    )
