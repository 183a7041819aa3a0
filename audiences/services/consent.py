"""Consent of a contact, and the phones that must not be texted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audiences.errors import NotYours
from audiences.models import ConsentEvent, Contact, Suppression
from audiences.models.contacts import CONSENTS, NO_MARKETING
from audiences.phones import phone_hash
from config.audit import Actor, record
from config.problems import NotFound, invalid

# Somebody's own words that most likely ask for no more, until a person decides (messaging.inbound.review).
UNDER_REVIEW = "review"
REASONS = ("opt_out", NO_MARKETING, UNDER_REVIEW, "erased", "complaint", "staff", "provider")
# What a person says about himself, and takes back by opting in.
OWN_WORDS = ("opt_out", NO_MARKETING, UNDER_REVIEW)


def change_consent(
    *,
    store_id: int,
    contact_id: int,
    consent: str,
    source: str,
    actor: Actor,
    evidence: Mapping[str, Any] | None = None,
) -> bool:
    """Set a contact's consent; False when it was that already. Under a race each change has its own event.

    Opting out also suppresses the phone for this store; opting in lifts what the person said before, and only that (a
    complaint, an erasure or a staff member's suppression stays). Raises NotFound, InvalidFields.
    """
    now = timezone.now()
    if consent not in CONSENTS:
        raise invalid("/consent", f"One of: {', '.join(CONSENTS)}.", code="bad_consent")
    with transaction.atomic():
        rows = Contact.objects.filter(pk=contact_id, store_id=store_id, erased_at=None)
        contact = rows.select_for_update(no_key=True).first()
        if contact is None:
            raise NotFound
        if contact.consent == consent:
            _follow(contact, source=source)
            return False
        rows.update(consent=consent, consent_at=now, consent_source=source[:100], updated_at=now)
        append_event(
            contact, before=contact.consent, after=consent, source=source, evidence=evidence, actor=actor, now=now
        )
        facts = {"before": contact.consent, "after": consent, "source": source[:100]}
        record("contact.consent", actor=actor, subject=f"contact:{contact_id}", store_id=store_id, **facts)
        contact.consent = consent
        _follow(contact, source=source)
    return True


def keep_service_only(
    *, store_id: int, contact_id: int, source: str, actor: Actor, evidence: Mapping[str, Any] | None = None
) -> bool:
    """No marketing, but messages that are no advertisement. False for who wants none at all: nothing changed.

    The contact's consent is `unknown` from now on, and a suppression of its own keeps it so over deletion and
    re-import. Raises NotFound.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).filter(pk=contact_id, store_id=store_id).first()
        if contact is None or contact.erased_at:
            raise NotFound
        if contact.consent == "opted_out":
            return False
        change_consent(
            store_id=store_id, contact_id=contact_id, consent="unknown", source=source, actor=actor, evidence=evidence
        )
        if contact.phone is not None:
            hashed = phone_hash(contact.phone)
            _suppress(store_id=store_id, hashed=hashed, reason=NO_MARKETING, source=source)
    return True


def append_event(
    contact: Contact,
    *,
    before: str,
    after: str,
    source: str,
    evidence: Mapping[str, Any] | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep why a consent changed; within the transaction that changes it."""
    ConsentEvent.objects.create(
        store_id=contact.store_id,
        contact=contact,
        before=before,
        after=after,
        source=source[:100],
        evidence=dict(evidence or {}),
        actor=actor.name,
        created_at=now,
    )


def _follow(contact: Contact, *, source: str) -> None:
    """Bring the suppression in line with the consent; repeating it changes nothing."""
    if contact.phone is None:
        return
    hashed = phone_hash(contact.phone)
    if contact.consent == "opted_out":
        _suppress(store_id=contact.store_id, hashed=hashed, reason="opt_out", source=source)
    elif contact.consent == "opted_in":
        _rows(store_id=contact.store_id, hashed=hashed).filter(reason__in=OWN_WORDS).delete()


def _rows(*, store_id: int | None, hashed: bytes) -> "QuerySet[Suppression]":
    whose = Q(store=None) if store_id is None else Q(store_id=store_id)
    return Suppression.objects.filter(whose, phone_hash=hashed)


def _suppress(*, store_id: int | None, hashed: bytes, reason: str, source: str) -> bool:
    if _rows(store_id=store_id, hashed=hashed).filter(reason=reason).exists():
        return False
    row = Suppression(store_id=store_id, phone_hash=hashed, reason=reason, source=source[:100])
    Suppression.objects.bulk_create([row], ignore_conflicts=True)
    return True


def suppress(*, store_id: int | None, phone: str, reason: str, source: str, actor: Actor) -> bool:
    """Never text this phone (E.164) for a store, or for any (`store_id=None`).

    False when it was suppressed for this reason already: each reason stands and falls by itself.
    """
    if reason not in REASONS:
        raise invalid("/reason", f"One of: {', '.join(REASONS)}.", code="bad_reason")
    with transaction.atomic():
        new = _suppress(store_id=store_id, hashed=phone_hash(phone), reason=reason, source=source)
        if new:
            facts = {"why": reason, "source": source[:100]}
            record("suppression.add", actor=actor, subject=_subject(phone), store_id=store_id, **facts)
    return new


def unsuppress(*, store_id: int | None, phone: str, why: str, actor: Actor, reason: str = "") -> bool:
    """Lift what suppresses a phone (E.164) for the reason `why`, for a store or (None) for all. False: there was none.

    Consent and other reasons are not touched: who opted out is still not texted. `reason`: for the audit.
    """
    subject = _subject(phone)
    with transaction.atomic():
        gone, _ = _rows(store_id=store_id, hashed=phone_hash(phone)).filter(reason=why).delete()
        if gone:
            record("suppression.remove", actor=actor, subject=subject, store_id=store_id, reason=reason, why=why)
    return bool(gone)


def lift(*, store_id: int | None, suppression_id: int, actor: Actor, reason: str, by_staff: bool = False) -> None:
    """Lift a suppression of a store (None: the one for all), known by its id. Raises NotFound, NotYours (staff's).

    Consent and other reasons are not touched: who opted out is still not texted.
    """
    with transaction.atomic():
        row = Suppression.objects.select_for_update().filter(pk=suppression_id).first()
        if row is None or row.store_id != store_id:
            raise NotFound
        if row.reason == "staff" and not by_staff:
            raise NotYours
        Suppression.objects.filter(pk=row.pk).delete()
        subject = f"suppression:{bytes(row.phone_hash).hex()}"
        facts = {"why": row.reason, "before": "suppressed", "after": "lifted"}
        record("suppression.remove", actor=actor, subject=subject, store_id=store_id, reason=reason, **facts)


def _subject(phone: str) -> str:
    return f"suppression:{phone_hash(phone).hex()}"
