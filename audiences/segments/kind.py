"""Segments as audiences: `{"segment": "seg_…"}`, or `{"segment": "sys:women"}`.

Stored as `{"kind": "segment", "id": 7}` or `{"kind": "segment", "key": "women"}`. A quote pins it: with the rules, the
day and the zone of that moment, so that the count and the send evaluate the very same condition, whatever is edited and
whichever midnight passes in between. What cannot be evaluated any more gives nobody, also as an exclusion, and pinned
it says why.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from audiences.errors import AudienceInvalid
from audiences.models import Contact, Segment, Store
from audiences.segments.condition import condition, version
from audiences.segments.grammar import Misread, Tree, Trouble, troubles
from audiences.segments.registry import SYSTEM
from audiences.segments.sight import Sight, sight_of
from audiences.segments.system import PREFIX
from audiences.window import Look
from config.opaque import private_id, public_id

GONE = Trouble("", "gone", "The segment is gone.")


class Pinned(NamedTuple):
    """A segment's rules in sight of its store; `rules` are None when it is gone."""

    rules: Tree | None
    sight: Sight

    def troubles(self) -> list[Trouble]:
        """Why nobody belongs; empty when it can be evaluated."""
        return [GONE] if self.rules is None else troubles(self.rules, sight=self.sight)


class InSegment:
    """The contacts that a segment's rules choose."""

    def parse(self, value: Any, *, store_id: int, at: str) -> dict[str, Any]:
        """The segment must be one of the store's, or a system segment; `sys:all` cannot be excluded."""
        if isinstance(value, str) and value.startswith(PREFIX) and value.removeprefix(PREFIX) in SYSTEM:
            if value == f"{PREFIX}all" and "/exclude/" in at:
                raise refusal(at, "Everybody cannot be excluded.")
            return {"kind": "segment", "key": value.removeprefix(PREFIX)}
        pk = private_id(value, kind="seg") if isinstance(value, str) else None
        if pk is None or not Segment.objects.filter(pk=pk, store_id=store_id).exists():
            raise refusal(at, "There is no such segment.")
        return {"kind": "segment", "id": pk}

    def show(self, stored: Mapping[str, Any]) -> Any:
        """The segment's public id, or its key."""
        return f"{PREFIX}{stored['key']}" if "key" in stored else public_id(stored["id"], kind="seg")

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Those who meet the rules. Index: contact_store, in the order of ids; what else the rules name."""
        return _chosen(people, stored, look=look, met=True)

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Those who do not meet them; nobody at all once they cannot be evaluated."""
        return _chosen(people, stored, look=look, met=False)

    def pin(self, stored: Mapping[str, Any], *, look: Look) -> dict[str, Any]:
        """With its rules, and the day and the zone of this moment; `problems`: why nobody belongs."""
        found = pinned(stored, look=look)
        return {
            **stored,
            "rules": found.rules,
            "today": found.sight.today.isoformat(),
            "zone": found.sight.zone,
            "problems": [trouble._asdict() for trouble in found.troubles()],
        }

    def version(self, stored: Mapping[str, Any], *, look: Look) -> str:
        """Changes with the rules, the store's day, zone and custom fields, and with what the rules look at."""
        rules, sight = pinned(stored, look=look)
        facts = [rules, sight.today.isoformat(), sight.zone, dict(sight.custom)]
        try:
            parts = [] if rules is None else version(rules, sight=sight)
        except Misread as error:
            parts = [error.detail]
        return json.dumps([facts, parts], sort_keys=True)


def pinned(stored: Mapping[str, Any], *, look: Look) -> Pinned:
    """The rules of a stored audience: its own when it was pinned, else those that the segment has now."""
    store = Store.objects.get(pk=look.store_id)
    sight = sight_of(store, at=look.at, window=look.window)
    if "rules" in stored:
        sight = sight._replace(today=date.fromisoformat(stored["today"]), zone=stored["zone"])
        return Pinned(stored["rules"], sight)
    if "key" in stored:
        known = SYSTEM.get(stored["key"])
        return Pinned(known.rules if known else None, sight)
    rows = Segment.objects.filter(pk=stored["id"], store_id=look.store_id)
    return Pinned(rows.values_list("rules", flat=True).first(), sight)


def of_rules(rules: Tree, *, sight: Sight) -> dict[str, Any]:
    """The stored audience of rules that no segment has: for a preview."""
    return {"kind": "segment", "rules": rules, "today": sight.today.isoformat(), "zone": sight.zone}


def _chosen(people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look, met: bool) -> "QuerySet[Contact]":
    rules, sight = pinned(stored, look=look)
    try:
        chosen = Q(pk__in=[]) if rules is None else condition(rules, sight=sight, met=met)
    except Misread:
        return people.none()
    return people.filter(chosen)


def refusal(at: str, detail: str) -> AudienceInvalid:
    """A part of an audience that says nobody; `at`: its JSON pointer inside of the audience."""
    return AudienceInvalid(detail, errors=[{"pointer": f"#/audience{at}", "detail": detail, "code": "audience"}])
