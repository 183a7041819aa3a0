"""Signing up: what becomes of a phone that somebody typed, whoever it was.

A form proves nothing about whose phone it is. So nobody who opted out comes back by it, nobody learns from it who is
known here, what is known of a contact is never overwritten, and no phone gets more than a few messages a day.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiences.models import Contact, JoinPage, OptInRequest, Store
from audiences.models.contacts import NO_MARKETING
from audiences.phones import Phone, phone_hash
from audiences.services.consent import change_consent
from audiences.services.contacts import update_contact, upsert_contact
from audiences.suppressions import look_up
from config.audit import Actor
from config.queues import Task, enqueue
from config.sql import alone

VISITOR = Actor("visitor")
DAY = timedelta(hours=24)


class SignUp(NamedTuple):
    """What was said on a form, or in a message, and what proves it.

    `values`: some of fields.FIELDS, checked; `language`: of the messages, en or el; `source`: of the consent.
    """

    phone: Phone
    values: Mapping[str, Any]
    language: str
    evidence: Mapping[str, Any]
    source: str = "join"


def page_of(store: Store) -> JoinPage:
    """The store's page; one that is shut when it never was opened."""
    return JoinPage.objects.filter(store=store).first() or JoinPage(store=store)


def sign_up(said: SignUp, *, store: Store) -> str:
    """Opt somebody in, or ask the phone's owner for a confirmation: when the store wants one, or he said no marketing.

    What came of it is for tests and logs, never for whoever asked: `opted_in`, `asked`, `known` (had opted in),
    `opted_out` (stays so, and is not texted), `enough` (the phone was asked as often as it may be in a day).
    """
    page, phone = page_of(store), said.phone.e164
    with transaction.atomic():
        no = look_up(store_id=store.pk, phone=phone)
        if no.of("opt_out"):
            return "opted_out"
        contact, made = upsert_contact(store=store, phone=phone, values={}, actor=VISITOR)
        if contact.consent == "opted_out":
            return "opted_out"
        if contact.consent == "opted_in":
            return "known"
        if page.double_opt_in or no.of(NO_MARKETING):
            return _ask(said, contact, made=made)
        source, evidence = said.source, said.evidence
        change_consent(
            store_id=store.pk,
            contact_id=contact.pk,
            consent="opted_in",
            source=source,
            actor=VISITOR,
            evidence=evidence,
        )
        complete(contact, said.values, store=store)
    return "opted_in"


def complete(contact: Contact, values: Mapping[str, Any], *, store: Store) -> None:
    """Fill what the store does not know of a contact yet; what it knows stays."""
    news = {name: value for name, value in values.items() if value and not getattr(contact, name)}
    if news:
        update_contact(store=store, contact_id=contact.pk, values=news, actor=VISITOR)


def _ask(said: SignUp, contact: Contact, *, made: bool) -> str:
    """Write down that a confirmation is wanted; it is sent by whoever sends. Index: optinrequest_phone."""
    now, hashed = timezone.now(), phone_hash(said.phone.e164)
    if not alone(f"opt-in:{hashed.hex()}") or _asked(hashed, since=now - DAY) >= settings.JOIN_TEXTS_PER_DAY:
        return "enough"
    OptInRequest.objects.create(
        store_id=contact.store_id,
        contact=contact,
        made_contact=made or contact.opt_in_requests.filter(made_contact=True).exists(),
        phone_hash=hashed,
        source=said.source,
        language=said.language,
        values=stored(said.values),
        evidence=dict(said.evidence),
        created_at=now,
        expires_at=now + timedelta(hours=settings.JOIN_CONFIRM_HOURS),
    )
    enqueue(Task.SEND_CONFIRMATIONS)
    return "asked"


def _asked(hashed: bytes, *, since: datetime) -> int:
    rows = OptInRequest.objects.filter(phone_hash=hashed, created_at__gt=since)
    return rows.exclude(state="refused").count()


def stored(values: Mapping[str, Any]) -> dict[str, str]:
    """The values as JSON holds them: dates as text; nothing that is empty."""
    return {name: value if isinstance(value, str) else value.isoformat() for name, value in values.items() if value}
