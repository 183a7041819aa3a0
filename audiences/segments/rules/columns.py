"""Rules about what stands in a contact's own columns: names, e-mail, gender, language, country, consent.

Texts are compared without regard to case, as the database folds letters. A column that is empty meets nothing but
`is_set: false`. No index: a segment reads its store's contacts once, and each of these is a comparison in passing.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from audiences.models.contacts import CONSENTS, GENDERS
from audiences.segments.arguments import COUNTRY, LANGUAGE, Choice, Flag, OneOrSeveral, Text
from audiences.segments.rule import Argument, Asked, Condition, Operator, Rule, unmet

Where = Callable[[Asked], Condition]


def _set(column: str) -> Where:
    return lambda asked: Q(**{f"{column}__gt": ""}) if asked.value else Q(**{column: ""})


def _like(column: str, lookup: str) -> Where:
    return lambda asked: Q(**{f"{column}__{lookup}": asked.value})


def _any(column: str, test: Callable[[str, Any], Q]) -> Where:
    def where(asked: Asked) -> Condition:
        met = Q()
        for value in asked.value:
            met |= test(column, value)
        return met

    return where


def _other(column: str, test: Callable[[str, Any], Q]) -> Where:
    """Whoever has another value; who has none does not meet it."""
    some = _any(column, test)
    return lambda asked: Q(**{f"{column}__gt": ""}) & unmet(some(asked))


def _folded(column: str, value: Any) -> Q:
    return Q(**{f"{column}__iexact": value})


def _exact(column: str, value: Any) -> Q:
    return Q(**{column: value})


def _spoken(column: str, value: Any) -> Q:
    """`pt` is met by pt and pt-BR, `pt-BR` by itself alone."""
    met = _folded(column, value)
    for mark in "-_":
        met |= Q(**{f"{column}__istartswith": f"{value}{mark}"})
    return met


def _known(column: str) -> Operator:
    return Operator(Flag(), _set(column), "{what} is known", "{what} is not known")


def _texts(column: str, what: str) -> Rule:
    return Rule(
        column,
        what,
        {
            "is": Operator(OneOrSeveral(Text()), _any(column, _folded), "{what} is {value}"),
            "is_not": Operator(OneOrSeveral(Text()), _other(column, _folded), "{what} is known and is not {value}"),
            "contains": Operator(Text(), _like(column, "icontains"), "{what} contains {value}"),
            "starts_with": Operator(Text(), _like(column, "istartswith"), "{what} starts with {value}"),
            "is_set": _known(column),
        },
    )


def _words(column: str, what: str, one: Argument, test: Callable[[str, Any], Q]) -> Rule:
    return Rule(
        column,
        what,
        {
            "is": Operator(OneOrSeveral(one), _any(column, test), "{what} is {value}"),
            "is_not": Operator(OneOrSeveral(one), _other(column, test), "{what} is known and is not {value}"),
            "is_set": _known(column),
        },
    )


EVERYBODY = Rule("everybody", "", {"is": Operator(Choice("anybody"), lambda _: Q(pk__gt=0), "Every contact")})
EMAIL = Rule(
    "email",
    "E-mail",
    {
        # No whole address: a segment would keep it when its owner is erased.
        "ends_with": Operator(Text(), _like("email", "iendswith"), "{what} ends with {value}"),
        "is_set": _known("email"),
    },
)
CONSENT = Rule(
    "consent",
    "Consent",
    {
        "is": Operator(OneOrSeveral(Choice(*CONSENTS)), _any("consent", _exact), "{what} is {value}"),
        "is_not": Operator(OneOrSeveral(Choice(*CONSENTS)), _other("consent", _exact), "{what} is not {value}"),
    },
)
RULES = (
    EVERYBODY,
    _texts("first_name", "First name"),
    _texts("last_name", "Last name"),
    EMAIL,
    _words("gender", "Gender", Choice(*filter(None, GENDERS)), _exact),
    _words("language", "Language", LANGUAGE, _spoken),
    _words("country", "Country", COUNTRY, _exact),
    CONSENT,
    _texts("consent_source", "Source of the consent"),
)
