"""Segments: rules that choose contacts, written in a form that works without scripts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from audiences.segments.system import PREFIX
from config.problems import Conflict, NotFound
from messaging.console.pages import caller, frame_store, page, show
from messaging.console.reading import Refused, ask, leaf, read
from messaging.console.rule_form import Node, blame, changed, fields_of, from_post, from_rules, tell, to_rules, walk
from messaging.console.rule_words import fault_words, operator_name, rule_name

LISTED = ("id", "name", "description", "system", "updated_at")
SHOWN = (*LISTED, "rules")
EMPTY: dict[str, Any] = {"name": "", "description": "", "rules": {"and": [{"rule": "consent", "is": "opted_in"}]}}
NAMES_SHOWN = 200  # lists and campaigns to choose from: the API's largest page


class OtherStore(Conflict):
    """Another store was chosen in another tab: this form was not saved."""


class Written(NamedTuple):
    """A form as it stands: what was typed, and what is wrong with what is not a rule."""

    name: str
    description: str
    root: Node
    who: str = ""
    faults: Sequence[str] = ()


class Choices:
    """What can be chosen in the form of a store; names are read only when a rule asks for them."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.fields = fields_of(caller(request).store.custom_fields)

    @cached_property
    def rules(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """(rule, [(value, label)]) for the list of rules."""
        found: dict[str, list[tuple[str, str]]] = {}
        for value in self.fields:
            rule, _, operator = value.rpartition(":")
            name = rule_name(rule)
            found.setdefault(name, []).append((value, f"{name}: {operator_name(operator)}"))
        return list(found.items())

    @cached_property
    def lists(self) -> list[dict[str, Any]]:
        """The store's lists."""
        rows: list[dict[str, Any]] = read(self._request, "lists", limit=NAMES_SHOWN, fields="id,name")["results"]
        return rows

    @cached_property
    def campaigns(self) -> list[dict[str, Any]]:
        """The store's latest campaigns."""
        rows: list[dict[str, Any]] = read(self._request, "campaigns", limit=NAMES_SHOWN, fields="id,name")["results"]
        return rows

    def named(self, node: Node) -> list[dict[str, Any]]:
        """What a rule can name, also the one that it names and that is older, or gone."""
        rows = self.lists if node.asks.what == "list" else self.campaigns
        if not node.first or any(row["id"] == node.first for row in rows):
            return rows
        try:
            older = read(self._request, f"{node.asks.what}s/{node.first}", fields="id,name")
        except Refused:
            older = {"id": node.first, "name": fault_words("gone", "It is not there any more.")}
        return [older, *rows]


@page(nav="segments")
def segments(request: HttpRequest) -> HttpResponse:
    """The store's segments, and those that every store has."""
    rows = leaf(request, "segments", fields=",".join(LISTED))
    own, system = [row for row in rows if not row["system"]], [row for row in rows if row["system"]]
    return show(request, "segments.html", rows=rows, own=own, system=system)


@page(nav="segments", needs="send", posts=True)
def new(request: HttpRequest) -> HttpResponse:
    """A new segment."""
    return _form(request, EMPTY)


@page(nav="segments", posts=True)
def one(request: HttpRequest, id: str) -> HttpResponse:
    """One segment: its rules, who is in it, and which rule keeps whom out."""
    if not id.startswith(("seg_", PREFIX)):
        raise NotFound
    return _form(request, read(request, f"segments/{id}", fields=",".join(SHOWN)))


def _form(request: HttpRequest, seen: dict[str, Any]) -> HttpResponse:
    choices, status = Choices(request), 200
    editable = "send" in caller(request).scopes and not seen.get("system")
    written = _written(request, seen, choices, editable=editable)
    do = request.POST.get("do", "look")
    if do == "save":
        try:
            return redirect(_saved(request, seen, written))
        except Refused as refused:
            written, status = _refused(written, refused), refused.problem["status"]
    written = written._replace(root=changed(written.root, do))
    found = _look(request, written) if do in ("look", "save") else {}
    context = {"segment": seen, "written": written, "nodes": list(walk(written.root)), "choices": choices}
    return show(request, "segment.html", status=status, found=found, editable=editable, **context)


def _written(request: HttpRequest, seen: dict[str, Any], choices: Choices, *, editable: bool) -> Written:
    """What was typed, or what is stored: rules that are only shown are not sent by browsers."""
    if request.method == "POST" and request.POST.get("store") != frame_store(request):
        raise OtherStore
    said = {name: request.POST.get(name, seen.get(name, "")) for name in ("name", "description", "who")}
    if request.method == "POST" and editable:
        return Written(root=from_post(request.POST, fields=choices.fields), **said)
    return Written(root=from_rules(seen["rules"], fields=choices.fields), **said)


def _saved(request: HttpRequest, seen: dict[str, Any], written: Written) -> str:
    """The address of the segment that was made or changed. Raises Refused."""
    body = {"name": written.name, "description": written.description, "rules": to_rules(written.root)}
    known = seen.get("id")
    made = ask(request, "PATCH" if known else "POST", f"segments/{known}" if known else "segments", body)
    return f"{reverse('console:segment', args=[made['id']])}?saved=1"


def _refused(written: Written, refused: Refused) -> Written:
    """With what was refused at its place. Raises Refused when no form can mend it."""
    problem = refused.problem
    if problem["status"] not in (400, 409):
        raise refused
    rest = blame(written.root, problem.get("errors") or [])
    whole = [] if problem.get("errors") else [problem["detail"]]
    return written._replace(faults=[f"{detail} ({problem['code']})" for detail in (*rest, *whole)])


def _look(request: HttpRequest, written: Written) -> dict[str, Any]:
    """How many, who, and why not somebody; nothing while a rule is not understood, which is said at the rule."""
    wanted = written.who.strip()[:100]
    body: dict[str, Any] = {"rules": to_rules(written.root)}
    people = ask(request, "POST", "contacts/lookup", {"text": wanted})["results"] if wanted else []
    if people:
        body["contact"] = people[0]["id"]
    try:
        found: dict[str, Any] = ask(request, "POST", "segments/preview", body)
    except Refused as refused:
        if refused.problem["status"] != 400:
            raise
        blame(written.root, refused.problem["errors"])
        return {}
    tell(written.root, found["explained"])
    return {**found, "asked": people[0] if people else None, "missing": bool(wanted and not people)}
