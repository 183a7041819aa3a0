"""Kinds of audiences that the house makes itself: nobody can name them in a request."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audiences.errors import AudienceInvalid
from audiences.models import Contact, FrozenMember
from audiences.window import Look


class Closed:
    """What both have in common: they are not for a request, and nothing changes who belongs to them."""

    def parse(self, value: Any, *, store_id: int, at: str) -> dict[str, Any]:
        """Never from outside."""
        detail = "This audience cannot be chosen."
        raise AudienceInvalid(detail, errors=[{"pointer": f"#/audience{at}", "detail": detail, "code": "audience"}])

    def pin(self, stored: Mapping[str, Any], *, look: Look) -> dict[str, Any]:
        """As it is."""
        return dict(stored)

    def version(self, stored: Mapping[str, Any], *, look: Look) -> str:
        """It never changes."""
        return str(stored.get("id", ""))


class Frozen(Closed):
    """Whoever belonged to an audience at one moment: `{"kind": "frozen", "id": …}`."""

    def show(self, stored: Mapping[str, Any]) -> Any:
        """Always true; the campaign shows the audience that was frozen."""
        return True

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Index: the members' key, in the order of contact ids, hence the window on it too; then the contact's own."""
        return people.filter(look.window.over("frozen_in__contact_id"), frozen_in__frozen_id=stored["id"])

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Everybody else."""
        there = FrozenMember.objects.filter(frozen_id=stored["id"], contact_id=OuterRef("pk"))
        return people.filter(~Exists(there))


class Numbers(Closed):
    """Some phone numbers, written down as recipients at once: `{"kind": "numbers", "count": 3}`."""

    def show(self, stored: Mapping[str, Any]) -> Any:
        """How many."""
        return stored["count"]

    def members(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Nobody: such a campaign is never counted or launched again."""
        return people.none()

    def without(self, people: "QuerySet[Contact]", stored: Mapping[str, Any], *, look: Look) -> "QuerySet[Contact]":
        """Nobody."""
        return people.none()
