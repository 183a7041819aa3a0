"""Rules about where a contact is listed: the store's lists, and the phones that must not be texted."""

from django.db.models import Exists, OuterRef, Q

from audiences.models import ContactList, ListMembership, Suppression
from audiences.segments.arguments import Flag, Named
from audiences.segments.rule import Asked, Condition, Operator, Rule, having


def _name(pk: int, store_id: int) -> str | None:
    return ContactList.objects.filter(pk=pk, store_id=store_id).values_list("name", flat=True).first()


def _on(asked: Asked) -> Exists:
    """Index: membership_once."""
    return having(ListMembership.objects.filter(list_id=asked.value), sight=asked.sight)


def _not_on(asked: Asked) -> Condition:
    return Q(~_on(asked))


def _version(asked: Asked) -> str:
    """Every change of membership moves the list's `updated_at` under its row lock."""
    return str(ContactList.objects.filter(pk=asked.value).values_list("updated_at", flat=True).first())


def _suppressed(asked: Asked) -> Condition:
    """Index: suppression_once. Changes of suppressions are in the audience's own version."""
    ours = Q(store_id=asked.sight.store_id) | Q(store_id=None)
    there = Exists(Suppression.objects.filter(ours, phone_hash=OuterRef("phone_hash")))
    return there if asked.value else Q(~there)


LIST = Named("list id", kind="lst", name_of=_name)
RULES = (
    Rule(
        "list",
        "List",
        {
            "on": Operator(LIST, _on, "On the list {value}", version=_version),
            "not_on": Operator(LIST, _not_on, "Not on the list {value}", version=_version),
        },
    ),
    Rule(
        "suppressed",
        "Suppression",
        {"is": Operator(Flag(), _suppressed, "On the suppression list", "Not on the suppression list")},
    ),
)
