"""The rules that there are. Upper apps add theirs from `AppConfig.ready()`; nothing here knows them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from audiences.segments.rule import Rule

CUSTOM = "fields."  # before the name of a custom field

RULES: dict[str, Rule] = {}
CUSTOM_RULES: dict[str, Callable[[str], Rule]] = {}
Finder = Callable[[int, int], list[str]]
USES: list[Finder] = []


class SystemSegment(NamedTuple):
    """A segment that every store has. `rules` in their stored form."""

    key: str
    name: str
    description: str
    rules: Mapping[str, Any]


SYSTEM: dict[str, SystemSegment] = {}


def register(*rules: Rule) -> None:
    """Add rules. Raises ValueError for a name that is taken."""
    for rule in rules:
        if rule.name in RULES or rule.name.startswith(CUSTOM):
            raise ValueError(f"the rule {rule.name} is there already")
        RULES[rule.name] = rule


def register_custom(kind: str, make: Callable[[str], Rule]) -> None:
    """Say what can be asked of a custom field of a type; `make` gets the name of the field."""
    CUSTOM_RULES[kind] = make


def register_system(*segments: SystemSegment) -> None:
    """Add system segments, behind those that are there. Raises ValueError for a key that is taken."""
    for segment in segments:
        if segment.key in SYSTEM:
            raise ValueError(f"the system segment {segment.key} is there already")
        SYSTEM[segment.key] = segment


def register_use(find: Finder) -> None:
    """Add somebody who uses segments: `find(store_id, segment_id)` names what would be left without it."""
    USES.append(find)


def rule_named(name: Any, *, custom: Mapping[str, str]) -> Rule | None:
    """The rule with this name; of a custom field by the type that it has now. None when there is none."""
    if not isinstance(name, str):
        return None
    if not name.startswith(CUSTOM):
        return RULES.get(name)
    field = name.removeprefix(CUSTOM)
    return CUSTOM_RULES[custom[field]](field) if custom.get(field) in CUSTOM_RULES else None


def catalogue(*, custom: Mapping[str, str]) -> list[Rule]:
    """Every rule that a store can use, its custom fields behind the others."""
    own = [rule_named(f"{CUSTOM}{field}", custom=custom) for field in sorted(custom)]
    return [*RULES.values(), *(rule for rule in own if rule)]
