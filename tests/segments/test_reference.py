"""Random rules over random people: the database chooses whom the slow reference chooses, in every way it is asked."""

import os
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences import audience
from audiences.models import Contact
from audiences.segments.count import count, explain, judge, preview
from audiences.segments.grammar import parse, show, walk
from audiences.segments.kind import of_rules
from audiences.segments.registry import RULES
from audiences.segments.sight import Sight, sight_of
from tests.segments.reference import World, belongs
from tests.segments.rule_trees import FIXED, trees
from tests.segments.worlds import MOMENTS, ZONES, made, people

pytestmark = pytest.mark.django_db
NAMED = {"list", "sent", "delivered", "not_delivered", "clicked", "not_clicked"}


def ids(store_id: int, stored: dict[str, Any], **window: int) -> list[int]:
    rows = audience.people(store_id=store_id, audience=stored, kind="marketing", **window)
    return list(rows.values_list("pk", flat=True))


def walked(store_id: int, stored: dict[str, Any]) -> list[int]:
    """As the snapshot reads an audience: two at a time, each time from the last one on."""
    found: list[int] = []
    while True:
        rows = audience.people(
            store_id=store_id, audience=stored, kind="marketing", after=found[-1] if found else 0, bound=10**12
        )
        chunk = list(rows.values_list("pk", flat=True)[:2])
        found += chunk
        if len(chunk) < 2:
            return found


def test_every_rule_is_compared() -> None:
    assert set(RULES) == {rule for rule in FIXED if not rule.startswith("fields.")} | NAMED


def test_every_operator_is_compared() -> None:
    drawn = {rule: set(operators) for rule, operators in FIXED.items() if rule in RULES}

    assert drawn == {name: set(rule.operators) for name, rule in RULES.items() if name not in NAMED}


@settings(
    max_examples=int(os.environ.get("SEGMENT_EXAMPLES", "30")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(draws=people, zone=st.sampled_from(ZONES), at=st.sampled_from(MOMENTS), data=st.data())
def test_the_database_agrees_with_the_reference(
    draws: list[dict[str, Any]], zone: str, at: datetime, data: st.DataObject
) -> None:
    world, persons = made(draws, zone=zone, at=at)
    sight = sight_of(world.store, at=at)

    for _ in range(4):
        assert_agreed(data.draw(trees(world)), persons, world, sight)


def assert_agreed(tree: dict[str, Any], persons: list[Contact], world: World, sight: Sight) -> None:
    meant = [person.pk for person in persons if belongs(tree, person, world)]
    others = [person.pk for person in persons if person.pk not in meant]
    stored = of_rules(tree, sight=sight)

    assert ids(world.store.pk, stored) == meant
    assert walked(world.store.pk, stored) == meant
    assert count(stored, store_id=world.store.pk) == len(meant)
    assert ids(world.store.pk, {"kind": "all", "exclude": [stored]}) == others
    assert parse(show(tree, sight=sight), sight=sight) == tree
    assert_explained(tree, persons, world, sight)


def assert_explained(tree: dict[str, Any], persons: list[Contact], world: World, sight: Sight) -> None:
    told = {one.at: one for one in explain(tree, sight=sight)}
    for at, node in walk(tree):
        assert told[at].meets == sum(belongs(dict(node), person, world) for person in persons)
    for person in persons[:1]:
        judged = judge(person.pk, tree, sight=sight)
        assert judged.belongs == belongs(tree, person, world)
        assert bool(judged.because) != judged.belongs
        nodes = dict(walk(tree))
        assert not any(belongs(dict(nodes[at]), person, world) for at in judged.because)


def test_a_preview_says_the_same(store: Any) -> None:
    rules = {"and": [{"rule": "consent", "is": ["opted_in"]}, {"rule": "age", "at_least": 18}]}

    found = preview(rules, sight=sight_of(store, at=MOMENTS[0]))

    assert (found.size, found.people, found.contact) == (0, [], None)
    assert [(one.at, one.meets, one.leaves) for one in found.explained] == [
        ("", 0, 0), ("/and/0", 0, 0), ("/and/1", 0, 0),
    ]  # fmt: skip
