"""Random rules in their stored form."""

from typing import Any

from hypothesis import strategies as st

from audiences.models.contacts import CONSENTS
from tests.segments.reference import World
from tests.segments.worlds import DATES, number, word

Strategy = st.SearchStrategy[Any]
days = st.integers(0, 40)
yes_no = st.booleans()


def several(one: Strategy) -> Strategy:
    return st.lists(one, min_size=1, max_size=2, unique=True)


def pair(one: Strategy) -> Strategy:
    return st.lists(one, min_size=2, max_size=2).map(sorted)


def leaf(rule: str, operators: dict[str, Strategy]) -> Strategy:
    return st.one_of([st.fixed_dictionaries({"rule": st.just(rule), word: value}) for word, value in operators.items()])


TEXT = {"is": several(word), "is_not": several(word), "contains": word, "starts_with": word, "is_set": yes_no}
NUMBER = {
    "is": number, "is_not": number, "at_least": number, "at_most": number, "between": pair(number), "is_set": yes_no,
}  # fmt: skip
DAY = {"from": st.sampled_from(DATES), "until": st.sampled_from(DATES), "in_last_days": days}
MOMENT = {**DAY, "more_than_days_ago": days}


def words(*choices: str) -> dict[str, Strategy]:
    some = several(st.sampled_from(choices))
    return {"is": some, "is_not": some, "is_set": yes_no}


FIXED: dict[str, dict[str, Strategy]] = {
    "everybody": {"is": st.just("anybody")},
    "first_name": TEXT,
    "last_name": TEXT,
    "consent_source": TEXT,
    "email": {"ends_with": st.sampled_from(["@example.org", ".COM"]), "is_set": yes_no},
    "gender": words("female", "male", "other"),
    "language": words("el", "pt", "pt-BR", "PT_pt"),
    "country": words("GR", "DE", "FR"),
    "consent": {name: several(st.sampled_from(CONSENTS)) for name in ("is", "is_not")},
    "birthday": {
        "in_month": several(st.sampled_from([1, 2, 3, 12, "this", "next"])),
        "between": st.lists(st.sampled_from(["02-28", "02-29", "03-01", "12-31", "01-01"]), min_size=2, max_size=2),
        "around_today": pair(st.integers(-180, 180) | st.integers(-2, 2)),
        "is_set": yes_no,
    },
    "age": {
        "at_least": st.integers(0, 90), "at_most": st.integers(0, 90), "between": pair(st.integers(17, 60)),
    },
    "created": MOMENT,
    "updated": MOMENT,
    "consent_date": {**MOMENT, "is_set": yes_no},
    "suppressed": {"is": yes_no},
    "fields.city": TEXT,
    "fields.in": TEXT,
    "fields.size": NUMBER,
    "fields.a__b": NUMBER,
    "fields.since": {**MOMENT, "in_next_days": days, "is_set": yes_no},
    "fields.vip": {"is": yes_no, "is_set": yes_no},
}  # fmt: skip


def trees(world: World) -> Strategy:
    """Any rules about a world, with groups in groups."""
    lists, campaigns = st.sampled_from(sorted(world.lists)), st.sampled_from(sorted(world.started))
    received = {"campaign": campaigns, "in_last_days": st.integers(0, 30)}
    named = {
        "list": {"on": lists, "not_on": lists},
        **dict.fromkeys(["sent", "delivered", "not_delivered", "clicked", "not_clicked"], received),
    }  # fmt: skip
    leaves = st.one_of([leaf(rule, operators) for rule, operators in {**FIXED, **named}.items()])
    return st.recursive(leaves, _grouped, max_leaves=6)


def _grouped(inner: Strategy) -> Strategy:
    some = st.lists(inner, min_size=1, max_size=3)
    return (
        inner.map(lambda one: {"not": one}) | some.map(lambda all_: {"and": all_}) | some.map(lambda any_: {"or": any_})
    )
