"""Conditions on the properties of an event: `{"property": "total", "op": "gte", "value": 50}`, all must hold."""

from collections.abc import Callable, Mapping, Sequence
from operator import eq, ge, gt, le, lt, ne
from typing import Any

CONDITIONS_MAX = 10
OPS: dict[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le}
ORDERED = ("gt", "gte", "lt", "lte")


def hold(conditions: Sequence[Mapping[str, Any]], properties: Mapping[str, Any]) -> bool:
    """Whether every condition holds. A property that is not there, or is of another kind, meets none, not even `ne`.

    Numbers are compared as numbers, texts by their characters (so that ISO dates are in order), true and false only
    for being equal.
    """
    return all(_holds(each["op"], properties.get(each["property"]), each["value"]) for each in conditions)


def _holds(op: str, found: Any, value: Any) -> bool:
    kind = sort(found)
    if kind is None or kind != sort(value) or (kind == "yes_no" and op in ORDERED):
        return False
    return OPS[op](found, value)


def sort(value: Any) -> str | None:
    """What may be compared with what: text, number, yes_no; None for anything else."""
    if isinstance(value, bool):
        return "yes_no"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else None
