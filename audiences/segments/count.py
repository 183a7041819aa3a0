"""Live numbers of a segment, within a bounded time, and why a contact is or is not in it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import takewhile
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError
from django.db.models import Case, Count, QuerySet, Value, When

from audiences import audience
from audiences.models import Contact
from audiences.segments.condition import condition
from audiences.segments.grammar import Tree, says, walk
from audiences.segments.kind import of_rules
from audiences.segments.sight import Sight
from config.sql import execute, roomy

PEOPLE = 10  # that a preview shows
# Of some ten rules hardly any contacts answer alike in more ways; going through them takes a tenth of a second.
MOST_ANSWERS = 5_000
CANCELED = "57014"  # query_canceled: here, by the statement time-out


class TooSlow(Exception):
    """The numbers were not there in time."""


class Told(NamedTuple):
    """One rule or group in words. `meets`: contacts who meet it by itself; `leaves`: who are left by it and by those
    before it, for what stands in the outermost `and` (or is the whole). Both None when there was no time to count.
    """

    at: str
    says: str
    meets: int | None
    leaves: int | None


class Judged(NamedTuple):
    """Whether a contact belongs; `because`: pointers of the rules that keep it out."""

    contact_id: int
    belongs: bool
    because: list[str]


class Preview(NamedTuple):
    """What rules would choose now: `size` contacts, of whom the first are shown."""

    size: int | None
    people: list[Contact]
    explained: list[Told]
    contact: Judged | None


@contextmanager
def bounded() -> Iterator[None]:
    """Statements may take SEGMENT_COUNT_SECONDS each. Raises TooSlow."""
    try:
        with roomy():
            execute("SELECT set_config('statement_timeout', %(limit)s, true)", {"limit": _limit()})
            yield
            execute("SET LOCAL statement_timeout TO DEFAULT", {})
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == CANCELED:
            raise TooSlow from error
        raise


def _limit() -> str:
    return f"{settings.SEGMENT_COUNT_SECONDS * 1000:.0f}"


def people_in(stored: Mapping[str, Any], *, store_id: int) -> "QuerySet[Any]":
    """The very queryset of quotes and sends: members by id, with what would keep each from marketing."""
    return audience.people(store_id=store_id, audience=stored, kind="marketing")


def count(stored: Mapping[str, Any], *, store_id: int) -> int | None:
    """Contacts in a segment (stored audience) now; None when that takes too long."""
    with suppress(TooSlow), bounded():
        return people_in(stored, store_id=store_id).order_by().count()
    return None


def preview(rules: Tree, *, sight: Sight, contact_id: int | None = None) -> Preview:
    """What a stored tree would choose: how many, the first of them, and what each rule does. All its ids exist."""
    stored = of_rules(rules, sight=sight)
    first: list[Contact] = []
    with suppress(TooSlow), bounded():
        first = list(people_in(stored, store_id=sight.store_id)[:PEOPLE])
    return Preview(
        size=count(stored, store_id=sight.store_id),
        people=first,
        explained=explain(rules, sight=sight),
        contact=None if contact_id is None else judge(contact_id, rules, sight=sight),
    )


def everybody(sight: Sight) -> "QuerySet[Contact]":
    """The contacts that rules choose from."""
    return Contact.objects.filter(store_id=sight.store_id, erased_at=None)


def explain(rules: Tree, *, sight: Sight) -> list[Told]:
    """Every rule and group of a stored tree with its numbers: one pass over the store's contacts.

    Each rule is asked once per contact, and contacts are counted by their answers; what groups make of these is worked
    out here. Asked where it stands and again in each group around it, a million contacts took longer than the limit.
    """
    nodes = dict(walk(rules))
    found: dict[str, int] | None = None
    with suppress(TooSlow), bounded():
        found = _numbers(rules, nodes, _answers(nodes, sight=sight))
    meets, leaves = found or {}, _leaving(rules)
    return [
        Told(at, says(node, sight=sight), meets.get(f"meets{at}"), meets.get(f"leaves{at}") if at in leaves else None)
        for at, node in nodes.items()
    ]


def _leaving(rules: Tree) -> list[str]:
    """The nodes that are told what is left by them: the whole, and what stands in the outermost `and`."""
    return ["", *(f"/and/{number}" for number in range(len(rules.get("and", ()))))]


def _answers(nodes: Mapping[str, Tree], *, sight: Sight) -> list[tuple[dict[str, bool], int]]:
    """What the rules say -> how many contacts. Raises TooSlow for more different answers than can be gone through."""
    rules = {f"rule_{number}": at for number, at in enumerate(at for at, node in nodes.items() if "rule" in node)}
    tests = {
        name: Case(When(condition(nodes[at], sight=sight), then=Value(True)), default=Value(False))
        for name, at in rules.items()
    }
    rows = everybody(sight).annotate(**tests).order_by().values_list(*tests).annotate(contacts=Count("pk"))
    found = [(dict(zip(rules.values(), met, strict=True)), contacts) for *met, contacts in rows[: MOST_ANSWERS + 1]]
    if len(found) > MOST_ANSWERS:
        raise TooSlow
    return found


def _numbers(rules: Tree, nodes: Mapping[str, Tree], answers: list[tuple[dict[str, bool], int]]) -> dict[str, int]:
    numbers: Counter[str] = Counter({f"{what}{at}": 0 for at in nodes for what in ("meets", "leaves")})
    parts = _leaving(rules)[1:]
    for met, contacts in answers:
        for at, node in reversed(list(nodes.items())):  # what stands inside first
            met[at] = _meets(node, at, met)
            numbers[f"meets{at}"] += contacts * met[at]
        numbers["leaves"] += contacts * met[""]
        for at in takewhile(met.__getitem__, parts):
            numbers[f"leaves{at}"] += contacts
    return dict(numbers)


def _meets(node: Tree, at: str, met: Mapping[str, bool]) -> bool:
    """Whether a contact meets a node, by what it meets inside of it."""
    if "and" in node:
        return all(met[f"{at}/and/{number}"] for number in range(len(node["and"])))
    if "or" in node:
        return any(met[f"{at}/or/{number}"] for number in range(len(node["or"])))
    return not met[f"{at}/not"] if "not" in node else met[at]


def judge(contact_id: int, rules: Tree, *, sight: Sight) -> Judged:
    """Why a contact of the store belongs or not: each rule asked about this one row, by its key."""
    nodes = dict(walk(rules))
    tests = {
        f"met_{number}": Case(When(condition(node, sight=sight), then=Value(True)), default=Value(False))
        for number, node in enumerate(nodes.values())
    }
    row = everybody(sight).filter(pk=contact_id).annotate(**tests).values_list(*tests).get()
    met = dict(zip(nodes, row, strict=True))
    return Judged(contact_id, met[""], _blame(rules, "", met))


def _blame(node: Tree, at: str, met: Mapping[str, bool]) -> list[str]:
    """The rules of an `and` that are not met, each with its own reasons; an `or` and a `not` are one reason."""
    if met[at]:
        return []
    if "and" not in node:
        return [at]
    return [found for number, inner in enumerate(node["and"]) for found in _blame(inner, f"{at}/and/{number}", met)]
