"""Segments once more, slowly and in plain Python: what the database must agree with, whatever is asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from audiences.models import Contact, Store

ACCEPTED = {"sent", "delivered", "undelivered"}
MISSED = {"undelivered", "failed", "unconfirmed"}


@dataclass
class World:
    """A store on a day, who is on which list, whose phones are suppressed, and what was sent to whom.

    `received`: (contact, campaign, status); `started`: campaign -> the moment; `clicked`: (contact, campaign, moment).
    """

    store: Store
    today: date
    lists: dict[int, set[int]] = field(default_factory=dict)
    suppressed: set[bytes] = field(default_factory=set)
    received: set[tuple[int, int, str]] = field(default_factory=set)
    started: dict[int, datetime] = field(default_factory=dict)
    clicked: set[tuple[int, int, datetime]] = field(default_factory=set)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.store.time_zone)


def belongs(tree: dict[str, Any], person: Contact, world: World) -> bool:
    """Whether a person meets a stored tree."""
    if "not" in tree:
        return not belongs(tree["not"], person, world)
    if "and" in tree:
        return all(belongs(inner, person, world) for inner in tree["and"])
    if "or" in tree:
        return any(belongs(inner, person, world) for inner in tree["or"])
    [(word, value)] = [(key, each) for key, each in tree.items() if key != "rule"]
    name = tree["rule"]
    if name.startswith("fields."):
        return custom(name.removeprefix("fields."), word, value, person, world)
    return RULES[name](word, value, person, world)


def text(column: str) -> Callable[..., bool]:
    def met(word: str, value: Any, person: Contact, world: World) -> bool:
        return text_met(getattr(person, column), word, value)

    return met


def text_met(own: str, word: str, value: Any) -> bool:
    if word == "is_set":
        return bool(own) == value
    if not own:
        return False
    if word in {"is", "is_not"}:
        return (own.upper() in {one.upper() for one in value}) == (word == "is")
    parts = {"contains": str.__contains__, "starts_with": str.startswith, "ends_with": str.endswith}
    return parts[word](own.upper(), value.upper())


def language(word: str, value: Any, person: Contact, world: World) -> bool:
    own = person.language.upper()
    if word == "is_set":
        return bool(own) == value
    spoken = any(own == one.upper() or own.startswith((f"{one.upper()}-", f"{one.upper()}_")) for one in value)
    return bool(own) and spoken == (word == "is")


def everybody(word: str, value: Any, person: Contact, world: World) -> bool:
    return True


def years(born: date, today: date) -> int:
    """Completed years; whoever was born on 29 February is a year older on the 28th when there is no 29th."""
    day = (born.month, born.day)
    if day == (2, 29) and not leap(today.year):
        day = (2, 28)
    return today.year - born.year - ((today.month, today.day) < day)


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def age(word: str, value: Any, person: Contact, world: World) -> bool:
    if person.birthday is None:
        return False
    own = years(person.birthday, world.today)
    return {
        "at_least": lambda: own >= value,
        "at_most": lambda: own <= value,
        "between": lambda: value[0] <= own <= value[1],
    }[word]()


def birthday(word: str, value: Any, person: Contact, world: World) -> bool:
    born = person.birthday
    if word == "is_set":
        return (born is not None) == value
    if born is None:
        return False
    if word == "in_month":
        return born.month in {month_of(one, world.today) for one in value}
    if word == "between":
        own, (first, last) = f"{born.month:02}-{born.day:02}", value
        return first <= own <= last if first <= last else own >= first or own <= last
    days = (world.today + timedelta(days=shift) for shift in range(value[0], value[1] + 1))
    return any(celebrates(born, day) for day in days)


def month_of(value: Any, today: date) -> int:
    shift = {"this": 0, "next": 1}.get(value)
    return int(value) if shift is None else (today.month + shift - 1) % 12 + 1


def celebrates(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and not leap(day.year):
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)


def moment(column: str) -> Callable[..., bool]:
    def met(word: str, value: Any, person: Contact, world: World) -> bool:
        own = getattr(person, column)
        if word == "is_set":
            return (own is not None) == value
        return own is not None and date_met(own.astimezone(world.zone).date(), word, value, world.today)

    return met


def date_met(own: date, word: str, value: Any, today: date, *, future: bool = True) -> bool:
    """`future`: whether days to come count as `in_last_days`; of moments that have been there are none."""
    if word in {"from", "until"}:
        day = date.fromisoformat(value)
        return own >= day if word == "from" else own <= day
    if word == "in_next_days":
        return today <= own <= today + timedelta(days=value)
    recent = own >= today - timedelta(days=value)
    return not recent if word == "more_than_days_ago" else recent and (future or own <= today)


def custom(name: str, word: str, value: Any, person: Contact, world: World) -> bool:
    own, kind = person.fields.get(name), world.store.custom_fields[name]
    if kind == "text":
        shown = own if isinstance(own, str) else "" if own is None else str(own).lower()
        return text_met(shown, word, value)
    if word == "is_set":
        return (own is not None) == value
    if kind == "yes_no":
        return own is value
    if kind == "number":
        return not isinstance(own, bool) and isinstance(own, (int, float)) and number_met(own, word, value)
    day = as_date(own)
    return day is not None and date_met(day, word, value, world.today, future=False)


def as_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def number_met(own: float, word: str, value: Any) -> bool:
    return {
        "is": lambda: own == value,
        "is_not": lambda: own != value,
        "at_least": lambda: own >= value,
        "at_most": lambda: own <= value,
        "between": lambda: value[0] <= own <= value[1],
    }[word]()


def listed(word: str, value: Any, person: Contact, world: World) -> bool:
    return (person.pk in world.lists[value]) == (word == "on")


def suppressed(word: str, value: Any, person: Contact, world: World) -> bool:
    return (person.phone_hash is not None and bytes(person.phone_hash) in world.suppressed) == value


def received(statuses: Iterable[str]) -> Callable[..., bool]:
    wanted = set(statuses)

    def met(word: str, value: Any, person: Contact, world: World) -> bool:
        campaigns = {value} if word == "campaign" else recent(value, world)
        return any(
            contact == person.pk and campaign in campaigns and status in wanted
            for contact, campaign, status in world.received
        )

    return met


def recent(days: int, world: World) -> set[int]:
    first = world.today - timedelta(days=days)
    return {pk for pk, at in world.started.items() if at.astimezone(world.zone).date() >= first}


def clicked(word: str, value: Any, person: Contact, world: World) -> bool:
    return any(
        contact == person.pk
        and (
            campaign == value
            if word == "campaign"
            else at.astimezone(world.zone).date() >= world.today - timedelta(days=value)
        )
        for contact, campaign, at in world.clicked
    )


def not_clicked(word: str, value: Any, person: Contact, world: World) -> bool:
    return RULES["sent"](word, value, person, world) and not clicked(word, value, person, world)


RULES: dict[str, Callable[..., bool]] = {
    "everybody": everybody,
    "first_name": text("first_name"),
    "last_name": text("last_name"),
    "email": text("email"),
    "gender": text("gender"),
    "country": text("country"),
    "consent": text("consent"),
    "consent_source": text("consent_source"),
    "language": language,
    "age": age,
    "birthday": birthday,
    "created": moment("created_at"),
    "updated": moment("updated_at"),
    "consent_date": moment("consent_at"),
    "list": listed,
    "suppressed": suppressed,
    "sent": received(ACCEPTED),
    "clicked": clicked,
    "not_clicked": not_clicked,
    "delivered": received({"delivered"}),
    "not_delivered": received(MISSED),
}
