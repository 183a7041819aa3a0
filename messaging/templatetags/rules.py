"""How the rules of a segment look in its form."""

from collections.abc import Mapping
from typing import Any

from django import template

from messaging.console.rule_form import Node
from messaging.console.rule_words import GROUPS, operator_name, rule_name, value_name
from messaging.console.segments import Choices

register = template.Library()


@register.filter
def rule_value(value: str) -> str:
    """How one of the words to choose from is called."""
    return value_name(value)


@register.filter
def named(choices: Choices, node: Node) -> list[dict[str, Any]]:
    """What of the store's own the rule can name."""
    return choices.named(node)


@register.filter
def person(row: Mapping[str, Any]) -> str:
    """How a contact is called."""
    return " ".join(filter(None, (row["first_name"], row["last_name"]))) or str(row["phone"])


@register.filter
def rule_words(node: Node) -> str:
    """A rule in a few words; a group by how its rules go together. What it names of the store's own stays out."""
    if node.is_group:
        return str(GROUPS[node.kind])
    return _said(node, "" if node.asks.widget == "named" else _values(node))


@register.simple_tag
def rule_sentence(choices: Choices, node: Node) -> str:
    """As `rule_words`, with the name of what it names."""
    if node.is_group or node.asks.widget != "named":
        return rule_words(node)
    return _said(node, next((str(row["name"]) for row in choices.named(node) if row["id"] == node.first), ""))


def _said(node: Node, value: str) -> str:
    rule, _, operator = node.chosen.rpartition(":")
    return f"{rule_name(rule)}: {operator_name(operator)} {value}".strip()


def _values(node: Node) -> str:
    said = [value_name(one) if node.asks.options else one for one in node.said]
    return (" – " if node.asks.pair else ", ").join(said)
