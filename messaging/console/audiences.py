"""Audiences to choose from, and those that were chosen, with their names."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext

from audiences.segments.system import PREFIX
from messaging.console.reading import Refused, read

PLACES = ("list", "segment")
SHOWN = 200  # the API's largest page: whoever has more finds the rest in the audience's own page


class Choice(NamedTuple):
    """An audience that can be chosen: `value` is the API's, as JSON."""

    value: str
    label: str
    chosen: bool


class Audiences:
    """The lists and segments of the visitor's store."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def lists(self) -> list[dict[str, Any]]:
        """The lists, newest first."""
        rows: list[dict[str, Any]] = read(self._request, "lists", limit=SHOWN, fields="id,name")["results"]
        return rows

    @cached_property
    def segments(self) -> list[dict[str, Any]]:
        """The segments that every store has, then its own."""
        rows = read(self._request, "segments", limit=SHOWN, fields="id,name,system")["results"]
        return [{**row, "name": gettext(row["name"]) if row["system"] else row["name"]} for row in rows]

    def rows(self, place: str, audience: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The lists or segments to choose from, with those that the audience names and that are older, or gone.

        A form without them would quietly choose another one.
        """
        known = self.lists if place == "list" else self.segments
        parts = (audience, *(audience.get("exclude") or []))
        wanted = {str(part[place]) for part in parts if part.get(place)} - {row["id"] for row in known}
        return [*({"id": one, "name": name_of(self._request, place, one)} for one in sorted(wanted)), *known]

    def choices(self, current: Mapping[str, Any]) -> list[tuple[str, list[Choice]]]:
        """(group, choices) for one select; an audience that leaves somebody out, or is older, stays as it is."""
        everybody: dict[str, Any] = {"all": True}
        groups = [
            ("", [(everybody, gettext("All contacts"))]),
            (gettext("Lists"), [({"list": row["id"]}, row["name"]) for row in self.lists]),
            (gettext("Segments"), [({"segment": row["id"]}, row["name"]) for row in self.segments]),
        ]
        known = bare(current)
        found = any(value == known for _, rows in groups for value, _ in rows)
        first = [] if found else [Choice(json.dumps(dict(current)), gettext("As it is now"), chosen=True)]
        shown = [
            (group, [Choice(json.dumps(value), str(label), value == known) for value, label in rows])
            for group, rows in groups
        ]
        return [("", [*first, *shown[0][1]]), *shown[1:]]


def bare(audience: Mapping[str, Any]) -> dict[str, Any]:
    """An audience without what says nothing."""
    return {name: value for name, value in audience.items() if value}


def named(request: HttpRequest, audience: Mapping[str, Any]) -> dict[str, Any]:
    """An audience with the names of its lists and segments: those of a campaign are few."""
    left_out = [part for part in audience.get("exclude") or [] if part]
    place = next((place for place in PLACES if audience.get(place)), "")
    return {
        "everybody": bool(audience.get("all")),
        "numbers": audience.get("numbers"),
        "place": place,
        "id": audience.get(place, ""),
        "name": name_of(request, place, audience[place]) if place else "",
        "without": [name_of(request, place, one) for part in left_out for place, one in part.items() if one],
    }


def name_of(request: HttpRequest, place: str, one: str) -> str:
    """How a list or segment is called; one that was deleted leaves its campaign to be read."""
    try:
        name = str(read(request, f"{place}s/{one}", fields="name")["name"])
    except Refused:
        return gettext("one that was deleted")
    return gettext(name) if one.startswith(PREFIX) else name
