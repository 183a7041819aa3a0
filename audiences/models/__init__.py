"""Tables of people. `Store` sits here, at the bottom: a store is the owner of an audience."""

from audiences.models.contacts import (
    ConsentEvent,
    Contact,
    ContactList,
    ListMembership,
    Suppression,
)
from audiences.models.events import CustomerEvent
from audiences.models.frozen import FrozenAudience, FrozenMember
from audiences.models.imports import ContactImport, ImportProblem, ImportRow
from audiences.models.joining import JoinPage, OptInRequest, PageVisits
from audiences.models.segments import Segment
from audiences.models.stores import ApiKey, Member, Store, User

__all__ = [
    "ApiKey",
    "ConsentEvent",
    "Contact",
    "ContactImport",
    "ContactList",
    "CustomerEvent",
    "FrozenAudience",
    "FrozenMember",
    "ImportProblem",
    "ImportRow",
    "JoinPage",
    "ListMembership",
    "Member",
    "OptInRequest",
    "PageVisits",
    "Segment",
    "Store",
    "Suppression",
    "User",
]
