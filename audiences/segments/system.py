"""Segments that every store has, by key. Upper apps add those that look at what was sent."""

from audiences.segments import registry
from audiences.segments.registry import SystemSegment

PREFIX = "sys:"
AGES = ((18, 24), (25, 34), (35, 44), (45, 54))


def _age(first: int, last: int) -> SystemSegment:
    rules = {"rule": "age", "between": [first, last]}
    return SystemSegment(f"age_{first}_{last}", f"{first} to {last}", "By the birthday.", rules)


SEGMENTS = (
    SystemSegment("all", "Everybody", "Every contact.", {"rule": "everybody", "is": "anybody"}),
    SystemSegment("women", "Women", "", {"rule": "gender", "is": ["female"]}),
    SystemSegment("men", "Men", "", {"rule": "gender", "is": ["male"]}),
    SystemSegment("other_gender", "Other gender", "", {"rule": "gender", "is": ["other"]}),
    SystemSegment("gender_unknown", "Gender unknown", "", {"rule": "gender", "is_set": False}),
    *(_age(first, last) for first, last in AGES),
    SystemSegment("age_55_plus", "55 and older", "By the birthday.", {"rule": "age", "at_least": 55}),
    SystemSegment(
        "birthday_this_month",
        "Birthday this month",
        "By the store's clock.",
        {"rule": "birthday", "in_month": ["this"]},
    ),
    SystemSegment(
        "new_30_days", "New in 30 days", "Added in the last 30 days.", {"rule": "created", "in_last_days": 30}
    ),
)


def register() -> None:
    """Called once, when the app is ready."""
    registry.register_system(*SEGMENTS)
