"""What can be set on an automation of each kind, within which bounds, and what it is otherwise."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.automations.activity import ACTIVITIES
from campaigns.automations.conditions import CONDITIONS_MAX, OPS, ORDERED, sort
from campaigns.states import PRIORITIES, WRITTEN_KINDS
from config.problems import invalid

OF_ALL: Mapping[str, Any] = {
    "on_missing": "blank",
    "plain_values": False,
    "priority": PRIORITIES["normal"],
    "daily_cap": 1,
    "max_credits": None,
}
# What each kind has of its own, with what it is unless told otherwise.
OF_KIND: Mapping[str, Mapping[str, Any]] = {
    "birthday": {"send_hour": 9, "day_offset": 0, "window_hours": 6},
    "welcome": {"delay_minutes": 0, "window_hours": 24},
    "winback": {
        "send_hour": 11,
        "window_hours": 6,
        "inactive_days": 90,
        "activity": ["event", "delivered", "clicked"],
        "dedupe_hours": 90 * 24,
    },
    "event": {
        "event_name": "",
        "conditions": [],
        "delay_minutes": 0,
        "window_hours": 24,
        "dedupe_hours": 24,
        "campaign_kind": "marketing",
    },
}
# What a kind does not have looks like this.
NEUTRAL: Mapping[str, Any] = {
    "send_hour": None,
    "day_offset": 0,
    "inactive_days": None,
    "activity": [],
    "event_name": "",
    "conditions": [],
    "delay_minutes": 0,
    "dedupe_hours": None,
}
CAMPAIGN_KIND = {"birthday": "birthday", "welcome": "welcome", "winback": "marketing", "event": "marketing"}


class Bounds(NamedTuple):
    """The least and the most."""

    least: int
    most: int


BOUNDS = {
    "send_hour": Bounds(0, 23),
    "window_hours": Bounds(1, 72),
    "day_offset": Bounds(-60, 60),
    "inactive_days": Bounds(1, 1825),
    "delay_minutes": Bounds(0, 60 * 24 * 60),
    "dedupe_hours": Bounds(0, 24 * 1825),
    "daily_cap": Bounds(1, 100),
    "max_credits": Bounds(1, 2**53),
}
MAY_BE_EMPTY = ("daily_cap", "max_credits")


def defaults(kind: str) -> dict[str, Any]:
    """Every column of a new automation of this kind that nobody set."""
    return {**NEUTRAL, **OF_ALL, **OF_KIND[kind], "campaign_kind": CAMPAIGN_KIND[kind]}


def check(kind: str, columns: Mapping[str, Any]) -> None:
    """Raise InvalidFields for the first of these columns that does not belong to the kind, or is out of bounds."""
    for name, value in columns.items():
        if name in NEUTRAL and name not in OF_KIND[kind] and value != NEUTRAL[name]:
            raise invalid(f"/{name}", f"This is nothing that a {kind} automation has.", code="not_of_this_kind")
        if name in BOUNDS and name in {**OF_ALL, **OF_KIND[kind]}:
            _bounded(name, value)
    if "campaign_kind" in columns:
        _campaign_kind(kind, columns["campaign_kind"])
    if kind == "event" and "event_name" in columns and not columns["event_name"].strip():
        raise invalid("/event_name", "Which event?", code="required")
    if kind == "winback" and "activity" in columns:
        _activity(columns["activity"])
    _conditions(columns.get("conditions", []))


def _bounded(name: str, value: Any) -> None:
    if value is None and name in MAY_BE_EMPTY:
        return
    least, most = BOUNDS[name]
    if not isinstance(value, int) or not least <= value <= most:
        raise invalid(f"/{name}", f"A number from {least} to {most}.", code="out_of_bounds")


def _campaign_kind(kind: str, value: str) -> None:
    choices = WRITTEN_KINDS if kind == "event" else (CAMPAIGN_KIND[kind],)
    if value not in choices:
        raise invalid("/campaign_kind", f"One of: {', '.join(choices)}.", code="invalid_choice")


def _activity(names: list[str]) -> None:
    if not names or set(names) - set(ACTIVITIES) or len(set(names)) != len(names):
        raise invalid("/activity", f"One or more of: {', '.join(ACTIVITIES)}.", code="invalid_choice")


def _conditions(conditions: list[dict[str, Any]]) -> None:
    if len(conditions) > CONDITIONS_MAX:
        raise invalid("/conditions", f"At most {CONDITIONS_MAX}.", code="too_many")
    for number, each in enumerate(conditions):
        at, kind = f"/conditions/{number}", sort(each["value"])
        if each["op"] not in OPS:
            raise invalid(f"{at}/op", f"One of: {', '.join(OPS)}.", code="invalid_choice")
        if kind is None or (kind == "yes_no" and each["op"] in ORDERED):
            raise invalid(f"{at}/value", "A text or a number; true and false are equal or not.", code="bad_value")
