"""The rules of a segment as a form that needs no script: every rule and group has a number, and names its parent's.

`k-2`: and, or, rule; `p-2`: the number of the group that it stands in; `n-2`: it is turned round; `r-2`: rule and
operator, as `age:at_least`; `v-2`: what the operator takes, once or more, drawn for the rule and operator in `w-2`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from audiences.segments.grammar import GROUPS
from audiences.segments.registry import catalogue
from messaging.console.rule_fields import UNKNOWN, Field, decode, encode, field_of
from messaging.console.rule_words import fault_words

NODES_MAX = 150  # in a form: the API takes 50 rules
NAMED = re.compile(r"k-(\d{1,4})")
Fields = Mapping[str, Field]


@dataclass
class Node:
    """A rule or group of the form. `at`: its JSON pointer inside of the API's rules; `told`: its numbers."""

    kind: str
    turned: bool = False
    chosen: str = ""
    said: list[str] = field(default_factory=list)
    inside: list["Node"] = field(default_factory=list)
    asks: Field = UNKNOWN
    number: int = 0
    parent: int = 0
    at: str = ""
    fault: str = ""
    code: str = ""
    told: Mapping[str, Any] | None = None

    @property
    def is_group(self) -> bool:
        """Whether rules stand in it."""
        return self.kind in GROUPS

    @property
    def key(self) -> str:
        """Its number as names of inputs have it."""
        return str(self.number)

    @property
    def first(self) -> str:
        """The first of its texts."""
        return self.said[0] if self.said else ""

    @property
    def second(self) -> str:
        """The second, of a pair."""
        return self.said[1] if len(self.said) > 1 else ""


def fields_of(custom: Mapping[str, str]) -> dict[str, Field]:
    """The field of each `rule:operator` that a store with these custom fields can use, in the order of the API."""
    return {
        f"{rule.name}:{name}": field_of(operator.takes)
        for rule in catalogue(custom=custom)
        for name, operator in rule.operators.items()
    }


def from_rules(rules: Mapping[str, Any], *, fields: Fields) -> Node:
    """The form of what the API shows; a rule that stands alone gets a group around it."""
    node = _node(rules, fields)
    return placed(node if node.is_group else Node("and", inside=[node]))


def _node(data: Mapping[str, Any], fields: Fields) -> Node:
    if "not" in data:
        node = _node(data["not"], fields)
        node.turned = not node.turned
        return node
    for word in GROUPS:
        if word in data:
            return Node(word, inside=[_node(each, fields) for each in data[word]])
    word, value = next(((word, value) for word, value in data.items() if word != "rule"), ("", ""))
    chosen = f"{data.get('rule', '')}:{word}"
    asks = fields.get(chosen, UNKNOWN)
    return Node("rule", chosen=chosen, asks=asks, said=encode(asks, value))


def from_post(post: QueryDict, *, fields: Fields) -> Node:
    """The form as it was sent. What names no group that stands before it is left out; without any: an empty group."""
    numbers = sorted(int(found[1]) for name in post if (found := NAMED.fullmatch(name)))[:NODES_MAX]
    nodes = {number: _posted(post, number, fields) for number in numbers}
    root = next(iter(nodes.values()), Node("and"))
    for number in numbers[1:]:
        parent = post.get(f"p-{number}", "")
        group = nodes.get(int(parent)) if parent.isascii() and parent.isdecimal() and int(parent) < number else None
        if group is not None and group.is_group:
            group.inside.append(nodes[number])
    return placed(root if root.is_group else Node("and", inside=[root]))


def _posted(post: QueryDict, number: int, fields: Fields) -> Node:
    kind, chosen = post.get(f"k-{number}", "rule"), post.get(f"r-{number}", "")
    node = Node(kind if kind in GROUPS else "rule", turned=f"n-{number}" in post, chosen=chosen)
    same = post.get(f"w-{number}", chosen) == chosen
    node.asks, node.said = fields.get(chosen, UNKNOWN), post.getlist(f"v-{number}") if same else []
    return node


def to_rules(node: Node) -> dict[str, Any]:
    """What the API takes."""
    if node.is_group:
        inner: dict[str, Any] = {node.kind: [to_rules(each) for each in node.inside]}
    else:
        rule, _, operator = node.chosen.rpartition(":")
        inner = {"rule": rule, operator: decode(node.asks, node.said)}
    return {"not": inner} if node.turned else inner


def changed(root: Node, do: str) -> Node:
    """The form after a press of a button: `rule:2` or `group:2` adds one to the group 2, `remove:5` takes 5 out."""
    verb, _, number = do.partition(":")
    wanted = next((node for node in walk(root) if str(node.number) == number), None)
    if wanted is None:
        return root
    if verb == "rule" and wanted.is_group:
        wanted.inside.append(Node("rule"))
    if verb == "group" and wanted.is_group:
        wanted.inside.append(Node("or" if wanted.kind == "and" else "and", inside=[Node("rule")]))
    if verb == "remove":
        for node in walk(root):
            node.inside = [each for each in node.inside if each is not wanted]
    return placed(root)


def walk(node: Node) -> Iterator[Node]:
    """Every node, a group before what is in it."""
    yield node
    for each in node.inside:
        yield from walk(each)


def placed(root: Node) -> Node:
    """With numbers and pointers anew."""
    for number, node in enumerate(walk(root)):
        node.number = number
        below = f"{node.at}/not" if node.turned else node.at
        for position, each in enumerate(node.inside):
            each.parent, each.at = number, f"{below}/{node.kind}/{position}"
    return root


def blame(root: Node, errors: Iterable[Mapping[str, str]]) -> list[str]:
    """Put refusals at the rules that they are about; what is about none of them is given back."""
    rest = []
    for error in errors:
        pointer = error["pointer"].removeprefix("#")
        if not pointer.startswith("/rules"):
            rest.append(error["detail"])
            continue
        at = pointer.removeprefix("/rules")
        node = max((one for one in walk(root) if f"{at}/".startswith(f"{one.at}/")), key=lambda one: len(one.at))
        node.fault, node.code = fault_words(error["code"], error["detail"]), error["code"]
    return rest


def tell(root: Node, explained: Iterable[Mapping[str, Any]]) -> None:
    """Put the numbers of a preview at their rules."""
    known = {each["at"]: each for each in explained}
    for node in walk(root):
        node.told = known.get(node.at)
