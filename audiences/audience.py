"""Whom a campaign is for: one queryset, used to count, to quote and to send.

An audience is stored as `{"kind": "list", "id": 7, "exclude": [{"kind": "list", "id": 9}]}` and shown by the API as
`{"list": "lst_…", "exclude": [{"segment": "seg_…"}]}` or `{"all": true}`. What is not understood is an error, never
"everybody". A new kind is a class beside `Everybody` and `OnList` and an entry in CHOSEN.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from audiences.closed import Frozen, Numbers
from audiences.errors import AudienceInvalid
from audiences.models import Contact, ContactList, ListMembership, Suppression
from audiences.models.contacts import NO_MARKETING
from audiences.segments.kind import InSegment, refusal
from audiences.window import Look, Window
from config.opaque import private_id, public_id

EXCLUDE_MAX = 20
NEEDS_OPT_IN = {
    "marketing": True,
    "birthday": True,
    "welcome": True,
    "service": False,
    "test": False,
    "direct": False,
}


class Kind(Protocol):
    """One way to name people. `stored` is `{"kind": …, "id": …}`."""

    def parse(self, value: Any, *, store_id: int, at: str) -> dict[str, Any]:
        """The stored form of what the API got at JSON pointer `at`. Raises AudienceInvalid."""

    def show(self, stored: Mapping[str, Any]) -> Any:
        """The API's value for a stored form."""

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Those of `people` who are meant."""

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Those of `people` who are not meant."""

    def pin(self, stored: Mapping[str, Any], *, look: Look) -> dict[str, Any]:
        """A stored form that means later what it means now, but for what changes in contacts and lists."""

    def version(self, stored: Mapping[str, Any], *, look: Look) -> str:
        """Changes when who belongs to it changed for another reason than a change of the contact."""


class Everybody:
    """All contacts of the store: `{"all": true}`."""

    def parse(self, value: Any, *, store_id: int, at: str) -> dict[str, Any]:
        """Nothing but `true` means everybody, and not as an exclusion."""
        if value is not True or "/exclude/" in at:
            raise refusal(at, 'Everybody is written as {"all": true}, and cannot be excluded.')
        return {"kind": "all"}

    def show(self, stored: Mapping[str, Any]) -> Any:
        """Always true."""
        return True

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Everybody."""
        return people

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Nobody."""
        return people.none()

    def pin(self, stored: Mapping[str, Any], *, look: Look) -> dict[str, Any]:
        """As it is."""
        return dict(stored)

    def version(self, stored: Mapping[str, Any], *, look: Look) -> str:
        """Only contacts matter."""
        return ""


class OnList:
    """The contacts on a list: `{"list": "lst_…"}`."""

    def parse(self, value: Any, *, store_id: int, at: str) -> dict[str, Any]:
        """The list must be one of the store's."""
        pk = private_id(value, kind="lst") if isinstance(value, str) else None
        if pk is None or not ContactList.objects.filter(pk=pk, store_id=store_id).exists():
            raise refusal(at, "There is no such list.")
        return {"kind": "list", "id": pk}

    def show(self, stored: Mapping[str, Any]) -> Any:
        """The list's public id."""
        return public_id(stored["id"], kind="lst")

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Indexes: membership_once, in the order of contact ids, hence the window on it too; then the contact's own."""
        return people.filter(look.window.over("memberships__contact_id"), memberships__list_id=stored["id"])

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Nobody at all once the list is gone: a lost exclusion must not add people. Index: membership_once."""
        on_it = ListMembership.objects.filter(list_id=stored["id"], contact_id=OuterRef("pk"))
        there = ContactList.objects.filter(pk=stored["id"])
        return people.filter(Exists(there), ~Exists(on_it))

    def pin(self, stored: Mapping[str, Any], *, look: Look) -> dict[str, Any]:
        """As it is."""
        return dict(stored)

    def version(self, stored: Mapping[str, Any], *, look: Look) -> str:
        """Every change of membership moves the list's `updated_at` under its row lock."""
        changed = ContactList.objects.filter(pk=stored["id"], store_id=look.store_id).values_list(
            "updated_at", flat=True
        )
        return f"{stored['id']}@{changed.first()}"


CHOSEN: dict[str, Kind] = {"all": Everybody(), "list": OnList(), "segment": InSegment()}
KINDS: dict[str, Kind] = {**CHOSEN, "frozen": Frozen(), "numbers": Numbers()}


def parse(*, store_id: int, data: Any) -> dict[str, Any]:
    """The stored form of an audience of the API. Raises AudienceInvalid for whatever is not exactly one of CHOSEN."""
    if not isinstance(data, Mapping):
        raise refusal("", "An audience is an object.")
    exclude = data.get("exclude", [])
    if not isinstance(exclude, list) or len(exclude) > EXCLUDE_MAX:
        raise refusal("/exclude", f"`exclude` is a list of at most {EXCLUDE_MAX}.")
    named = {key: value for key, value in data.items() if key != "exclude"}
    stored = _parse_one(named, store_id=store_id, at="")
    without = [_parse_one(one, store_id=store_id, at=f"/exclude/{n}") for n, one in enumerate(exclude)]
    return {**stored, "exclude": without}


def _parse_one(data: Any, *, store_id: int, at: str) -> dict[str, Any]:
    if not isinstance(data, Mapping) or len(data) != 1:
        raise refusal(at, f"Name exactly one of: {', '.join(CHOSEN)}.")
    [(name, value)] = data.items()
    if name not in CHOSEN:
        raise refusal(f"{at}/{name}", f"There is no such kind of audience; there is: {', '.join(CHOSEN)}.")
    return CHOSEN[name].parse(value, store_id=store_id, at=f"{at}/{name}")


def show(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The API form of a stored audience."""
    exclude = [{one["kind"]: KINDS[one["kind"]].show(one)} for one in stored.get("exclude", [])]
    shown = {stored["kind"]: KINDS[stored["kind"]].show(stored)}
    return {**shown, "exclude": exclude} if exclude else shown


def people(
    *, store_id: int, audience: Mapping[str, Any], kind: str, bound: int | None = None, after: int = 0
) -> "QuerySet[Any]":
    """Everybody in the audience by id, annotated with `exclusion`: None for a recipient, else why not.

    `kind`: of the campaign (KeyError for an unknown one). `bound`, `after`: contact ids up to / above these only;
    give `after` here, not as a filter, when walking an audience. Erased contacts are nobody. A named list or segment
    that is gone gives nobody. Indexes: contact_store, membership_once, suppression_once (or a hash of these).
    """
    look = Look(store_id, timezone.now(), Window(after=after, bound=bound))
    everybody = Contact.objects.filter(look.window.over("pk"), store_id=store_id, erased_at=None)
    members = KINDS[audience["kind"]].members(everybody, audience, look=look)
    for one in audience.get("exclude", []):
        members = KINDS[one["kind"]].without(members, one, look=look)
    return judged(members, store_id=store_id, kind=kind).order_by("pk")


def stretch(*, store_id: int, audience: Mapping[str, Any], after: int, size: int) -> int | None:
    """Where to end a walk's next step: the id of the `size`-th contact of the store behind `after`.

    None: nowhere. Only for what has to look at other tables for every contact of the stretch, that is for segments; the
    rest is read in the order of an index, as far as is needed. Index: contact_store, alone.
    """
    if all(one["kind"] != "segment" for one in [audience, *audience.get("exclude", [])]):
        return None
    behind = Contact.objects.filter(store_id=store_id, pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return next(iter(behind[size - 1 : size]), None)


def judged(contacts: "QuerySet[Any]", *, store_id: int, kind: str) -> "QuerySet[Any]":
    """Any contacts of the store, annotated with `exclusion` by the rule of `people`: for the check before a send."""
    rows: QuerySet[Any] = contacts.annotate(exclusion=_exclusion(store_id=store_id, kind=kind))
    return rows


def _exclusion(*, store_id: int, kind: str) -> Case:
    found = Suppression.objects.filter(Q(store_id=store_id) | Q(store_id=None), phone_hash=OuterRef("phone_hash"))
    suppressed = found if NEEDS_OPT_IN[kind] else found.exclude(reason=NO_MARKETING)
    opt_in = [When(~Q(consent="opted_in"), then=Value("not_opted_in"))] if NEEDS_OPT_IN[kind] else []
    return Case(
        When(phone=None, then=Value("invalid")),
        When(consent="opted_out", then=Value("opted_out")),
        *opt_in,
        When(Exists(suppressed), then=Value("suppressed")),
        default=None,
        output_field=CharField(null=True),
    )


def exclusions(people: "QuerySet[Any]") -> dict[str, int]:
    """Members who are no recipients, by reason. `people`: as given by `people()`."""
    rows = people.filter(exclusion__isnull=False).order_by().values_list("exclusion").annotate(Count("pk"))
    return dict(rows)


def pinned(*, store_id: int, audience: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The stored form that means later what it means at `at`: segments with their rules and the day."""
    look = Look(store_id, at)
    pins = [KINDS[one["kind"]].pin(one, look=look) for one in [audience, *audience.get("exclude", [])]]
    return {**pins[0], "exclude": pins[1:]}


def check_pinned(audience: Mapping[str, Any]) -> None:
    """Raise AudienceInvalid when a segment of a pinned audience could not be evaluated: it gives nobody."""
    parts = {"": audience, **{f"/exclude/{n}": one for n, one in enumerate(audience.get("exclude", []))}}
    errors = [
        {"pointer": f"#/audience{at}/segment", "detail": trouble["detail"], "code": trouble["code"]}
        for at, one in parts.items()
        for trouble in one.get("problems", [])
    ]
    if errors:
        raise AudienceInvalid(f"The segment can choose nobody: {errors[0]['detail']}", errors=errors)


def version(*, store_id: int, audience: Mapping[str, Any], at: datetime | None = None) -> str:
    """A fingerprint that changes when a contact, a named list, a segment or a suppression of the store changed.

    `at`: the moment whose day counts for segments; now when left out.

    The newest two minutes of changes are summed, not only their maximum: transactions commit out of order. Indexes:
    contact_changed, both of suppression. 1 ms; 0.2 s while the newest changes are an import of a million rows.
    """
    sql = """
        WITH newest AS (SELECT max(c.updated_at) AS at FROM audiences_contact c WHERE c.store_id = %(store_id)s)
        SELECT (SELECT concat(count(*), ' ', sum(newest.at - c.updated_at))
                  FROM audiences_contact c, newest
                 WHERE c.store_id = %(store_id)s AND c.updated_at >= newest.at - interval '2 minutes'),
               newest.at::text,
               (SELECT concat(count(*), ' ', max(s.id)) FROM audiences_suppression s WHERE s.store_id = %(store_id)s),
               (SELECT concat(count(*), ' ', max(s.id)) FROM audiences_suppression s WHERE s.store_id IS NULL)
          FROM newest
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"store_id": store_id})
        facts = list(cursor.fetchone())
    named = [audience, *audience.get("exclude", [])]
    look = Look(store_id, at or timezone.now())
    facts += [KINDS[one["kind"]].version(one, look=look) for one in named]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
