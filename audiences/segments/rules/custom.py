"""Rules about a store's custom fields, by the type that a field has.

Values were checked when they were written, by the type of that day. What does not fit today's type meets nothing:
comparisons are jsonpath, which knows numbers from texts and never fails on a value.
"""

import json
from collections.abc import Callable
from typing import Any

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.fields import BooleanField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import GreaterThan, IContains, IExact, IStartsWith

from audiences.segments.arguments import DAYS, NUMBER, Day, Flag, OneOrSeveral, Pair, Text
from audiences.segments.registry import CUSTOM
from audiences.segments.rule import Asked, Condition, Operator, Rule, unmet

IS_DATE = '@ like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"'


class Finds(Func):
    """Whether a jsonpath finds anything in a value: true or false, never an error."""

    template = "%(expressions)s::jsonpath"
    arg_joiner = " @? "
    arity = 2
    output_field = BooleanField()


def _field(asked: Asked) -> str:
    return asked.rule.removeprefix(CUSTOM)


def _text(asked: Asked) -> KeyTextTransform:
    return KeyTextTransform(_field(asked), "fields")


def finds(asked: Asked, test: str) -> Q:
    """Whether the field's value passes a test in jsonpath."""
    return Q(Finds(F("fields"), Value(f"$.{json.dumps(_field(asked))} ? ({test})", output_field=TextField())))


def _has_text(asked: Asked) -> Q:
    return Q(GreaterThan(_text(asked), Value("")))


def _texts(asked: Asked) -> Q:
    met = Q()
    for value in asked.value:
        met |= Q(IExact(_text(asked), value))
    return met


def _other_text(asked: Asked) -> Condition:
    return _has_text(asked) & unmet(_texts(asked))


def _compares(test: str) -> Callable[[Asked], Condition]:
    """`test`: jsonpath with {} for the value, or for both values of a pair."""

    def where(asked: Asked) -> Condition:
        values = asked.value if isinstance(asked.value, list) else [asked.value]
        return finds(asked, test.format(*map(json.dumps, values)))

    return where


def _is_set(asked: Asked) -> Condition:
    there = finds(asked, "@ != null")
    return there if asked.value else unmet(there)


def _text_is_set(asked: Asked) -> Condition:
    return _has_text(asked) if asked.value else unmet(_has_text(asked))


def _dates(test: str) -> Callable[[Asked], Condition]:
    return _compares(f"{IS_DATE.replace('{', '{{').replace('}', '}}')} && {test}")


def _last_days(asked: Asked) -> Condition:
    return _days(asked, asked.sight.ago(asked.value), asked.sight.today)


def _next_days(asked: Asked) -> Condition:
    return _days(asked, asked.sight.today, asked.sight.ago(-asked.value))


def _days(asked: Asked, first: Any, last: Any) -> Q:
    test = f'{IS_DATE} && @ >= "{first.isoformat()}" && @ <= "{last.isoformat()}"'
    return finds(asked, test)


def _long_ago(asked: Asked) -> Condition:
    return finds(asked, f'{IS_DATE} && @ < "{asked.sight.ago(asked.value).isoformat()}"')


def _make(operators: dict[str, Operator]) -> Callable[[str], Rule]:
    return lambda field: Rule(f"{CUSTOM}{field}", field.replace("_", " ").capitalize(), operators)


SET = ("{what} is known", "{what} is not known")
MAKERS = {
    "text": _make(
        {
            "is": Operator(OneOrSeveral(Text()), _texts, "{what} is {value}"),
            "is_not": Operator(OneOrSeveral(Text()), _other_text, "{what} is known and is not {value}"),
            "contains": Operator(
                Text(), lambda asked: Q(IContains(_text(asked), asked.value)), "{what} contains {value}"
            ),
            "starts_with": Operator(
                Text(), lambda asked: Q(IStartsWith(_text(asked), asked.value)), "{what} starts with {value}"
            ),
            "is_set": Operator(Flag(), _text_is_set, *SET),
        }
    ),
    "number": _make(
        {
            "is": Operator(NUMBER, _compares("@ == {}"), "{what} is {value}"),
            "is_not": Operator(
                NUMBER, _compares('@.type() == "number" && @ != {}'), "{what} is known and is not {value}"
            ),
            "at_least": Operator(NUMBER, _compares("@ >= {}"), "{what} is {value} or more"),
            "at_most": Operator(NUMBER, _compares("@ <= {}"), "{what} is {value} or less"),
            "between": Operator(Pair(NUMBER), _compares("@ >= {} && @ <= {}"), "{what} is {value}"),
            "is_set": Operator(Flag(), _is_set, *SET),
        }
    ),
    "date": _make(
        {
            "from": Operator(Day(), _dates("@ >= {}"), "{what} is {value} or later"),
            "until": Operator(Day(), _dates("@ <= {}"), "{what} is {value} or earlier"),
            "in_last_days": Operator(DAYS, _last_days, "{what} is in the last {value} days"),
            "in_next_days": Operator(DAYS, _next_days, "{what} is in the next {value} days"),
            "more_than_days_ago": Operator(DAYS, _long_ago, "{what} is more than {value} days ago"),
            "is_set": Operator(Flag(), _is_set, *SET),
        }
    ),
    "yes_no": _make(
        {
            "is": Operator(Flag(), _compares("@ == {}"), "{what} is yes", "{what} is no"),
            "is_set": Operator(Flag(), _is_set, *SET),
        }
    ),
}
