"""Stores and the people who run them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audiences.errors import LastOwner, NameTaken
from audiences.fields import CUSTOM_MAX, CUSTOM_NAME, CUSTOM_TYPES
from audiences.links_base import check_links_base_url
from audiences.models import Member, Store, User
from audiences.models.stores import ROLES
from audiences.opt_out import check_opt_out_text, default_opt_out_text
from config.audit import Actor, record
from config.problems import NotFound, invalid

EDITABLE = (
    "name",
    "time_zone",
    "country",
    "currency",
    "sender",
    "quiet_from",
    "quiet_until",
    "cap_per_day",
    "cap_per_week",
    "credits_low_at",
    "spend_cap_campaign",
    "spend_cap_day",
    "spend_cap_month",
    "links_base_url",
    "opt_out_text",
    "custom_fields",
)


def create_store(
    *, name: str, slug: str, country: str, sender: str, actor: Actor, owner: User | None = None, **columns: Any
) -> Store:
    """A new store, with its owner as member. `columns`: others of EDITABLE. Raises InvalidFields, NameTaken.

    Without an `opt_out_text` it gets that of its country.
    """
    country = country.upper()
    columns = {"opt_out_text": default_opt_out_text(country), **_editable(columns)}
    row = Store(name=name, slug=slug, country=country, sender=sender, **columns)
    _check(row)
    try:
        with transaction.atomic():
            [made] = Store.objects.bulk_create([row])
            if owner is not None:
                Member.objects.create(store=made, user=owner, role="owner")
            record("store.create", actor=actor, subject=f"store:{made.pk}", store_id=made.pk)
    except IntegrityError:
        raise NameTaken from None
    return made


def update_store(*, store_id: int, changes: Mapping[str, Any], actor: Actor) -> Store:
    """Change some of EDITABLE. Raises NotFound, InvalidFields."""
    now = timezone.now()
    changed = _editable(changes)
    with transaction.atomic():
        store = Store.objects.select_for_update(no_key=True).filter(pk=store_id).first()
        if store is None:
            raise NotFound
        for name, value in changed.items():
            setattr(store, name, value)
        _check(store)
        Store.objects.filter(pk=store_id).update(**changed, updated_at=now)
        record("store.edit", actor=actor, subject=f"store:{store_id}", store_id=store_id, fields=sorted(changed))
    return Store.objects.get(pk=store_id)


def _editable(columns: Mapping[str, Any]) -> dict[str, Any]:
    for name in columns:
        if name not in EDITABLE:
            raise invalid(f"/{name}", "There is no such field.", code="unknown_field")
    changed = dict(columns)
    if "links_base_url" in changed:
        changed["links_base_url"] = changed["links_base_url"].rstrip("/")
    return changed


def _check(store: Store) -> None:
    """Raise InvalidFields for the first field that does not hold water."""
    if store.country not in phonenumbers.SUPPORTED_REGIONS:
        raise invalid("/country", "An ISO 3166 code of a country with telephones, like GR.", code="bad_country")
    if store.time_zone not in available_timezones():
        raise invalid("/time_zone", "An IANA name, like Europe/Athens.", code="bad_time_zone")
    if (store.quiet_from is None) != (store.quiet_until is None):
        raise invalid("/quiet_until", "Quiet hours have a beginning and an end.", code="required")
    check_custom_fields(store.custom_fields)
    check_opt_out_text(store.opt_out_text)
    check_links_base_url(store.links_base_url)
    try:
        # Django calls NULL blank also where the column may be NULL.
        absent = {field.name for field in Store._meta.fields if field.null and getattr(store, field.attname) is None}
        store.clean_fields(exclude={"custom_fields", *absent})
    except ValidationError as error:
        [(name, messages), *_] = error.message_dict.items()
        raise invalid(f"/{name}", messages[0]) from None


def check_custom_fields(fields: Any) -> None:
    """Raise InvalidFields unless `fields` is name -> type, at most CUSTOM_MAX of them."""
    if not isinstance(fields, Mapping) or len(fields) > CUSTOM_MAX:
        raise invalid("/custom_fields", f"At most {CUSTOM_MAX} custom fields: name and type.", code="bad_custom_fields")
    for name, kind in fields.items():
        if not CUSTOM_NAME.fullmatch(name):
            raise invalid("/custom_fields", "A name is lower-case letters, digits and _, at most 40.", code="bad_name")
        if kind not in CUSTOM_TYPES:
            raise invalid(f"/custom_fields/{name}", f"One of: {', '.join(CUSTOM_TYPES)}.", code="bad_type")


def set_member(*, store_id: int, user: User, role: str, actor: Actor) -> Member:
    """Make a user a member, or change the role. Raises InvalidFields, LastOwner."""
    if role not in ROLES:
        raise invalid("/role", f"One of: {', '.join(ROLES)}.", code="bad_role")
    with transaction.atomic():
        lock_store(store_id)
        rows = Member.objects.filter(store_id=store_id, user=user)
        if role != "owner":
            _keep_an_owner(store_id, without=user.pk)
        if not rows.update(role=role):
            Member.objects.create(store_id=store_id, user=user, role=role)
        record("member.set", actor=actor, subject=f"user:{user.pk}", store_id=store_id, role=role)
    return rows.get()


def remove_member(*, store_id: int, member_id: int, actor: Actor) -> None:
    """Take a member away. Raises NotFound, LastOwner."""
    with transaction.atomic():
        lock_store(store_id)
        member = Member.objects.filter(pk=member_id, store_id=store_id).first()
        if member is None:
            raise NotFound
        _keep_an_owner(store_id, without=member.user_id)
        Member.objects.filter(pk=member_id).delete()
        record("member.remove", actor=actor, subject=f"user:{member.user_id}", store_id=store_id)


def lock_store(store_id: int) -> None:
    """One change of members at a time, so that two owners cannot step down past each other. Raises NotFound."""
    if not Store.objects.select_for_update(no_key=True).filter(pk=store_id).first():
        raise NotFound


def _keep_an_owner(store_id: int, *, without: int) -> None:
    owners = Member.objects.filter(store_id=store_id, role="owner")
    if owners.filter(user_id=without).exists() and not owners.exclude(user_id=without).exists():
        raise LastOwner
