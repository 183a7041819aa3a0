"""What a rule is: a name, and operators that each take one argument and say who meets them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from django.db.models import Exists, Func, OuterRef, Q, QuerySet
from django.db.models.fields import BooleanField

from audiences.segments.sight import Sight

Condition = Q | Exists


class Unfit(Exception):
    """An argument that its operator cannot take; `code` and `detail` say why."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(detail)


class Argument(Protocol):
    """A type of arguments: as the API has it, and as it is stored (ids as primary keys)."""

    @property
    def name(self) -> str:
        """What the catalogue of rules calls it."""

    def read(self, value: Any, sight: Sight) -> Any:
        """The stored form of what the API got. Raises Unfit."""

    def check(self, stored: Any, sight: Sight) -> None:
        """Raise Unfit when a stored argument means nothing any more: what it named is gone."""

    def show(self, stored: Any) -> Any:
        """The API's form of a stored one."""

    def words(self, stored: Any, sight: Sight) -> str:
        """For people."""


class Asked(NamedTuple):
    """One operator of one rule with its stored argument, in sight of a store."""

    rule: str
    value: Any
    sight: Sight


def _still(asked: Asked) -> str:
    return ""


class Operator(NamedTuple):
    """`where`: the condition on contacts. Whatever a contact has no value for, it does not meet.

    `says`: words around {what} and {value}; `says_not`: those for the argument `false`. `version`: changes when who
    meets it changed for another reason than a change of the contact, of the rule, or of the day.
    """

    takes: Argument
    where: Callable[[Asked], Condition]
    says: str
    says_not: str = ""
    version: Callable[[Asked], str] = _still


class Rule(NamedTuple):
    """`what`: how people call what it looks at; `operators`: by name."""

    name: str
    what: str
    operators: Mapping[str, Operator]


class IsNotTrue(Func):
    """False or unknown: what SQL's NOT is not, where a value is missing."""

    template = "(%(expressions)s) IS NOT TRUE"
    arity = 1
    output_field = BooleanField()


def unmet(condition: Condition) -> Q:
    """Everybody who does not meet a condition, also whoever lacks the value that it looks at."""
    return Q(~condition) if isinstance(condition, Exists) else Q(IsNotTrue(condition))


def having(rows: "QuerySet[Any]", *, sight: Sight) -> Exists:
    """Whether a contact has any of `rows`, which name contacts by `contact_id`.

    The window stands on them too: a walk hashes the rows of its stretch and not all of them.
    """
    return Exists(rows.filter(sight.window.over("contact_id"), contact_id=OuterRef("pk")))
