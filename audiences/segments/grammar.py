"""The rules of a segment as the API has them and as they are stored, and the way between both.

    {"and": [rule, …]}   {"or": [rule, …]}   {"not": rule}   {"rule": "age", "at_least": 18}

Both forms are alike, but for ids: stored are primary keys. What is not understood is an error with a JSON pointer,
never a rule that everybody meets.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from audiences.segments.registry import rule_named
from audiences.segments.rule import Asked, Operator, Rule, Unfit
from audiences.segments.sight import Sight
from config.problems import InvalidFields

DEPTH_MAX = 8  # groups inside of groups
RULES_MAX = 50
GROUPS = ("and", "or")
Tree = Mapping[str, Any]


class Trouble(NamedTuple):
    """One place that is not understood. `at`: JSON pointer inside of the rules."""

    at: str
    code: str
    detail: str

    def error(self, *, below: str = "#/rules") -> dict[str, str]:
        """As an entry of a problem's `errors`."""
        return {"pointer": f"{below}{self.at}", "detail": self.detail, "code": self.code}


class Leaf(NamedTuple):
    """One rule of a tree, found in the registry."""

    rule: Rule
    operator: Operator
    word: str
    asked: Asked


class Misread(Exception):
    """A place that is not understood."""

    def __init__(self, code: str, detail: str, *, at: str = "") -> None:
        self.code, self.detail, self.at = code, detail, at
        super().__init__(detail)


def parse(data: Any, *, sight: Sight) -> dict[str, Any]:
    """The stored form of rules. Raises InvalidFields that names every place that is wrong."""
    found: list[Trouble] = []
    stored = _Reader(sight, found).node(data, at="", depth=0)
    if not found and sum("rule" in node for _, node in walk(stored)) > RULES_MAX:
        found.append(Trouble("", "too_many_rules", f"At most {RULES_MAX} rules."))
    if found:
        raise InvalidFields([trouble.error() for trouble in found], found[0].detail)
    return stored


class _Reader:
    """Reads a tree to its end, and notes what it did not understand."""

    def __init__(self, sight: Sight, found: list[Trouble]) -> None:
        self.sight, self.found = sight, found

    def node(self, data: Any, *, at: str, depth: int) -> dict[str, Any]:
        try:
            if not isinstance(data, Mapping):
                raise Misread("bad_rule", "A rule is an object.")
            if depth > DEPTH_MAX:
                raise Misread("too_deep", f"Groups may stand at most {DEPTH_MAX} deep in each other.")
            return self.leaf(data) if "rule" in data else self.group(data, at=at, depth=depth)
        except Misread as error:
            self.found.append(Trouble(at + error.at, error.code, error.detail))
            return {}

    def group(self, data: Mapping[str, Any], *, at: str, depth: int) -> dict[str, Any]:
        if len(data) != 1 or next(iter(data)) not in {*GROUPS, "not"}:
            raise Misread("bad_rule", "A rule is one of: and, or, not, or has a `rule` and an operator.")
        [(word, inner)] = data.items()
        if word == "not":
            return {"not": self.node(inner, at=f"{at}/not", depth=depth + 1)}
        if not isinstance(inner, list) or not 1 <= len(inner) <= RULES_MAX:
            raise Misread("empty_group", f"A list of 1 to {RULES_MAX} rules.", at=f"/{word}")
        return {word: [self.node(each, at=f"{at}/{word}/{n}", depth=depth + 1) for n, each in enumerate(inner)]}

    def leaf(self, data: Mapping[str, Any]) -> dict[str, Any]:
        rule, word, operator = _named(data, sight=self.sight)
        try:
            return {"rule": rule.name, word: operator.takes.read(data[word], self.sight)}
        except Unfit as error:
            raise Misread(error.code, error.detail, at=f"/{word}") from None


def _named(data: Mapping[str, Any], *, sight: Sight) -> tuple[Rule, str, Operator]:
    """The rule and the operator that a leaf names. Raises Misread."""
    rule = rule_named(data["rule"], custom=sight.custom)
    if rule is None:
        raise Misread("unknown_rule", "There is no such rule, or the store has no such custom field.", at="/rule")
    words = [word for word in data if word != "rule"]
    if len(words) != 1 or words[0] not in rule.operators:
        raise Misread("unknown_operator", f"Exactly one of: {', '.join(rule.operators)}.")
    return rule, words[0], rule.operators[words[0]]


def leaf_of(node: Tree, *, sight: Sight) -> Leaf:
    """A stored leaf as it is to be understood today. Raises Misread for what is gone or fits no more."""
    rule, word, operator = _named(node, sight=sight)
    try:
        operator.takes.check(node[word], sight)
    except Unfit as error:
        raise Misread(error.code, error.detail, at=f"/{word}") from None
    return Leaf(rule, operator, word, Asked(rule.name, node[word], sight))


def group_of(node: Tree) -> tuple[str, list[Tree]]:
    """The word of a stored group and what is in it. Raises Misread for what is none."""
    if len(node) != 1 or not set(GROUPS) & set(node):
        raise Misread("bad_rule", "This rule is not understood.")
    [(word, inside)] = node.items()
    return word, inside


def walk(node: Tree, at: str = "") -> Iterator[tuple[str, Tree]]:
    """Every node of a stored tree with its pointer, a group before what is in it."""
    yield at, node
    for word in GROUPS:
        for number, inner in enumerate(node.get(word, ())):
            yield from walk(inner, f"{at}/{word}/{number}")
    if "not" in node:
        yield from walk(node["not"], f"{at}/not")


def troubles(tree: Tree, *, sight: Sight) -> list[Trouble]:
    """What of a stored tree means nothing any more: a list or custom field that is gone, a rule that no app has."""
    found = []
    for at, node in walk(tree):
        try:
            if "rule" in node:
                leaf_of(node, sight=sight)
            elif "not" not in node:
                group_of(node)
        except Misread as error:
            found.append(Trouble(at + error.at, error.code, error.detail))
    return found


def show(node: Tree, *, sight: Sight) -> Any:
    """The API's form of a stored tree, also of one that is partly gone."""
    if "rule" in node:
        return _show_leaf(node, sight=sight)
    if "not" in node:
        return {"not": show(node["not"], sight=sight)}
    return {word: [show(inner, sight=sight) for inner in inside] for word, inside in node.items()}


def _show_leaf(node: Tree, *, sight: Sight) -> dict[str, Any]:
    try:
        _, word, operator = _named(node, sight=sight)
    except Misread:
        return dict(node)
    return {"rule": node["rule"], word: operator.takes.show(node[word])}


def says(node: Tree, *, sight: Sight) -> str:
    """A node in words, as far as it is understood."""
    if "not" in node:
        return f"not ({says(node['not'], sight=sight)})"
    for word in GROUPS:
        if word in node:
            inside = [says(inner, sight=sight) for inner in node[word]]
            return inside[0] if len(inside) == 1 else f" {word} ".join(f"({each})" for each in inside)
    try:
        leaf = leaf_of(node, sight=sight)
    except Misread as error:
        return error.detail
    operator = leaf.operator
    form = operator.says_not if leaf.asked.value is False and operator.says_not else operator.says
    return form.format(what=leaf.rule.what, value=operator.takes.words(leaf.asked.value, sight))
