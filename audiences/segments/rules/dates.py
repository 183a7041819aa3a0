"""Rules about time: birthday, age, and when a contact came, changed or consented. Days are those of the store's clock.

Index: contact_birthday, for birthdays of a few days. The others are comparisons in passing.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from audiences.models.contacts import BORN
from audiences.segments.arguments import AGE, DAYS, SHIFT, Day, Flag, Month, MonthDay, OneOrSeveral, Pair
from audiences.segments.calendar import Span, around, born_by, spans
from audiences.segments.rule import Asked, Condition, Operator, Rule


def _celebrate(days: Iterable[Span]) -> Q:
    met = Q()
    for first, last in days:
        met |= Q(GreaterThanOrEqual(BORN, first), LessThanOrEqual(BORN, last))
    return Q(birthday__isnull=False) & met


def _in_month(asked: Asked) -> Condition:
    months = {Month.number(value, today=asked.sight.today) for value in asked.value}
    return Q(birthday__month__in=sorted(months))


def _between(asked: Asked) -> Condition:
    first, last = (int(day.replace("-", "")) for day in asked.value)
    return _celebrate(spans(first, last))


def _around(asked: Asked) -> Condition:
    before, after = asked.value
    return _celebrate(around(asked.sight.today, before=before, after=after))


def older(asked: Asked, years: int) -> Q:
    """So many years old, or older, today."""
    return Q(birthday__lte=born_by(asked.sight.today, age=years))


def younger(asked: Asked, years: int) -> Q:
    """So many years old, or younger, today."""
    return Q(birthday__gt=born_by(asked.sight.today, age=years + 1))


def _aged(asked: Asked) -> Condition:
    least, most = asked.value
    return older(asked, least) & younger(asked, most)


def _moments(column: str) -> dict[str, Operator]:
    """Operators about a moment: whole days of the store's clock."""

    def since(asked: Asked, day: date) -> Q:
        return Q(**{f"{column}__gte": asked.sight.start_of(day)})

    def before(asked: Asked, day: date) -> Q:
        return Q(**{f"{column}__lt": asked.sight.start_of(day)})

    return {
        "from": Operator(Day(), lambda asked: since(asked, _day(asked)), "{what} on {value} or later"),
        "until": Operator(Day(), lambda asked: before(asked, _day(asked) + ONE), "{what} on {value} or earlier"),
        "in_last_days": Operator(
            DAYS, lambda asked: since(asked, asked.sight.ago(asked.value)), "{what} in the last {value} days"
        ),
        "more_than_days_ago": Operator(
            DAYS, lambda asked: before(asked, asked.sight.ago(asked.value)), "{what} more than {value} days ago"
        ),
    }


ONE = timedelta(days=1)


def _day(asked: Asked) -> date:
    return date.fromisoformat(asked.value)


def _is_set(column: str) -> Callable[[Asked], Condition]:
    return lambda asked: Q(**{f"{column}__isnull": not asked.value})


def _set(column: str) -> Operator:
    return Operator(Flag(), _is_set(column), "{what} is known", "{what} is not known")


RULES: tuple[Any, ...] = (
    Rule(
        "birthday",
        "Birthday",
        {
            "in_month": Operator(OneOrSeveral(Month()), _in_month, "{what} in {value}"),
            "between": Operator(Pair(MonthDay(), ordered=False), _between, "{what} from {value}"),
            "around_today": Operator(Pair(SHIFT), _around, "{what} from {value} days from today"),
            "is_set": _set("birthday"),
        },
    ),
    Rule(
        "age",
        "Age",
        {
            "at_least": Operator(AGE, lambda asked: older(asked, asked.value), "{what} is {value} or more"),
            "at_most": Operator(AGE, lambda asked: younger(asked, asked.value), "{what} is {value} or less"),
            "between": Operator(Pair(AGE), _aged, "{what} is {value}"),
        },
    ),
    Rule("created", "Added", _moments("created_at")),
    Rule("updated", "Changed", _moments("updated_at")),
    Rule("consent_date", "Consent given or withdrawn", {**_moments("consent_at"), "is_set": _set("consent_at")}),
)
