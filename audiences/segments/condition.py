"""From a stored tree to one condition on contacts.

SQL has three truth values, segments have two: a rule about something that a contact does not have is not met, and
`not` is met by exactly those who do not meet what stands in it. So `not` is pushed down to the rules, where an unknown
comparison counts as not met.
"""

from functools import reduce

from django.db.models import Q

from audiences.segments.grammar import Tree, group_of, leaf_of
from audiences.segments.rule import unmet
from audiences.segments.sight import Sight


def condition(node: Tree, *, sight: Sight, met: bool = True) -> Q:
    """Whoever meets a stored tree; with `met=False` everybody else. Raises Misread where it means nothing any more.

    The caller answers Misread with nobody, in either case.
    """
    if "rule" in node:
        leaf = leaf_of(node, sight=sight)
        found = leaf.operator.where(leaf.asked)
        return Q(found) if met else unmet(found)
    if "not" in node:
        return condition(node["not"], sight=sight, met=not met)
    word, inside = group_of(node)
    parts = [condition(inner, sight=sight, met=met) for inner in inside]
    return reduce(Q.__and__ if (word == "and") == met else Q.__or__, parts)


def version(node: Tree, *, sight: Sight) -> list[str]:
    """What changes when who meets the tree changed for another reason than contacts, rules or the day.

    Raises Misread.
    """
    if "rule" in node:
        leaf = leaf_of(node, sight=sight)
        return [leaf.operator.version(leaf.asked)]
    inside = [node["not"]] if "not" in node else group_of(node)[1]
    return [part for inner in inside for part in version(inner, sight=sight)]
