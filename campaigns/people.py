"""Whom a campaign may text: the audience's own rule, and the caps that count what was sent before.

One rule for the count, the quote, the snapshot and the check before a batch leaves.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import GreaterThanOrEqual

from audiences import audience
from audiences.models import Contact, Store
from campaigns.models import CampaignRecipient
from campaigns.states import RECIPIENT_ACCEPTED

# Kinds that a person did not ask for at this moment: quiet hours and caps are about these.
UNASKED = ("marketing", "birthday", "welcome")


def people(
    *, store: Store, audience_stored: dict[str, Any], kind: str, bound: int | None = None, after: int = 0
) -> "QuerySet[Any]":
    """Everybody in the audience by id, with `exclusion`: None for a recipient, else why not (audiences.audience)."""
    members: QuerySet[Any] = audience.people(
        store_id=store.pk, audience=audience_stored, kind=kind, bound=bound, after=after
    )
    return _capped(members, store=store, kind=kind)


def judged(contact_ids: "QuerySet[Any] | list[int]", *, store: Store, kind: str) -> "QuerySet[Any]":
    """These contacts, named by their ids or by a query of them, with `exclusion` as it is now."""
    contacts: QuerySet[Any] = audience.judged(Contact.objects.filter(pk__in=contact_ids), store_id=store.pk, kind=kind)
    return _capped(contacts, store=store, kind=kind)


def _capped(contacts: "QuerySet[Any]", *, store: Store, kind: str) -> "QuerySet[Any]":
    """Add `frequency_cap` to the exclusions. Index: the recipients' contact; without caps the query is unchanged."""
    caps = {timedelta(days=1): store.cap_per_day, timedelta(days=7): store.cap_per_week}
    full = [When(_over(window, cap), then=Value("frequency_cap")) for window, cap in caps.items() if cap]
    if not full or kind not in UNASKED:
        return contacts
    known = When(exclusion__isnull=False, then=F("exclusion"))
    capped: QuerySet[Any] = contacts.annotate(
        exclusion=Case(known, *full, default=None, output_field=CharField(null=True))
    )
    return capped


def _over(window: timedelta, cap: int) -> Any:
    """Whether a contact got `cap` unasked messages, or more, within the window."""
    received = CampaignRecipient.objects.filter(
        contact_id=OuterRef("pk"),
        status__in=RECIPIENT_ACCEPTED,
        sent_at__gt=Now() - window,
        campaign__kind__in=UNASKED,
    )
    number = received.order_by().values("contact_id").annotate(number=Count("pk")).values("number")
    return GreaterThanOrEqual(Coalesce(Subquery(number), Value(0)), Value(cap))
