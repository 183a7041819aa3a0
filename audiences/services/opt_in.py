"""Double opt-in: the second step, by the link in the message or by a reply, and the end of what was never confirmed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiences.models import OptInRequest
from audiences.phones import phone_hash
from audiences.services.consent import change_consent
from audiences.services.contacts import delete_contact
from audiences.services.joining import complete
from audiences.states import OPT_IN, OPT_IN_OPEN
from config.audit import SYSTEM, Actor


def confirm(*, request_id: int, store_id: int, evidence: Mapping[str, Any]) -> str:
    """Opt the contact in, with both steps as evidence. Says what came of it; repeating a confirmation confirms again.

    `confirmed`; `expired` (also: never asked, erased meanwhile, another store's); `opted_out`: the person said no
    after asking, and a no is taken back at the opt-out link, not here.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = OptInRequest.objects.filter(pk=request_id, store_id=store_id)
        request = rows.select_for_update(no_key=True, of=("self",)).select_related("contact", "store").first()
        if request is None:
            return "expired"
        if (outcome := standing(request)) != "open":
            return outcome
        OPT_IN.move(rows, "confirm", settled_at=now, values={})
        _opt_in(request, evidence)
    return "confirmed"


def standing(request: OptInRequest) -> str:
    """What a confirmation would meet now: `open`, or what `confirm` says without changing anything."""
    if request.contact.erased_at:
        return "expired"
    if request.state != "confirmed" and (request.state not in OPT_IN_OPEN or request.expires_at <= timezone.now()):
        return "expired"
    if request.contact.consent == "opted_out":
        return "opted_out"
    return "confirmed" if request.state == "confirmed" else "open"


def _opt_in(request: OptInRequest, evidence: Mapping[str, Any]) -> None:
    contact = request.contact
    asked = {**request.evidence, "at": request.created_at.isoformat()}
    change_consent(
        store_id=request.store_id,
        contact_id=contact.pk,
        consent="opted_in",
        source=request.source,
        actor=Actor(f"contact:{contact.pk}"),
        evidence={"asked": asked, "confirmed": dict(evidence)},
    )
    values = dict(request.values)
    if "birthday" in values:
        values["birthday"] = date.fromisoformat(values["birthday"])
    complete(contact, values, store=request.store)


def pending(*, store_id: int, phone: str) -> OptInRequest | None:
    """The newest request of a phone (E.164) that its owner may still confirm, e.g. by answering YES.

    Index: optinrequest_phone.
    """
    rows = OptInRequest.objects.filter(phone_hash=phone_hash(phone), store_id=store_id, state__in=OPT_IN_OPEN)
    return rows.filter(expires_at__gt=timezone.now()).order_by("-created_at", "-pk").first()


def refuse(*, request_id: int, reason: str) -> bool:
    """No message was sent, and why; a contact that exists by this request alone goes again. False: it had moved on."""
    now = timezone.now()
    with transaction.atomic():
        rows = OptInRequest.objects.filter(pk=request_id)
        moved = OPT_IN.move(rows, "refuse", reason=reason[:20], settled_at=now, values={})
        if moved:
            _forget(rows.select_related("contact", "store").get())
    return bool(moved)


def expire(*, limit: int) -> dict[str, int]:
    """End what was not confirmed in time, a bounded number at a time. Index: optinrequest_open."""
    now, counts = timezone.now(), {"expired": 0, "forgotten": 0}
    due = OptInRequest.objects.filter(state__in=OPT_IN_OPEN, expires_at__lte=now).order_by("expires_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            rows = OptInRequest.objects.filter(pk=pk)
            if OPT_IN.move(rows.filter(expires_at__lte=now), "expire", settled_at=now, values={}):
                counts["expired"] += 1
                counts["forgotten"] += _forget(rows.select_related("contact", "store").get())
    return counts


def _forget(request: OptInRequest) -> bool:
    """Delete the contact that a form made and nobody confirmed, unless the store has done something with it since."""
    contact = request.contact
    untouched = contact.erased_at is None and contact.consent == "unknown" and contact.updated_at == contact.created_at
    wanted = contact.opt_in_requests.filter(state__in=OPT_IN_OPEN).exists() or contact.memberships.exists()
    if not request.made_contact or not untouched or wanted:
        return False
    delete_contact(store=request.store, contact_id=contact.pk, actor=SYSTEM)
    return True
