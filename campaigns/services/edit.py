"""Writing a campaign: create, edit, delete. Only while nothing of it was sent."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from campaigns.clock import instant
from campaigns.content import tidy, validate
from campaigns.errors import InvalidStatus
from campaigns.models import Campaign
from campaigns.services.find import campaign_of, locked, refusal
from campaigns.services.priority import prioritise
from campaigns.states import CAMPAIGN_EDITABLE, CAMPAIGN_LIVE
from config.audit import Actor, record
from config.problems import NotFound, invalid

PRICED = {"message", "kind", "audience", "on_missing", "plain_values", "short_links"}
EDITABLE = (
    "name", "message", "kind", "audience", "on_missing", "plain_values", "short_links", "priority", "send_at",
)  # fmt: skip


def create(*, store: Store, fields: dict[str, Any], actor: Actor) -> Campaign:
    """A new draft. `fields`: those of EDITABLE, the audience in its stored form. Raises InvalidFields."""
    validate(fields.get("message", ""), custom_fields=store.custom_fields)
    with transaction.atomic():
        campaign = Campaign.objects.create(store=store, created_by=actor.name, **_allowed(fields, store))
        record("campaign.create", actor=actor, subject=f"campaign:{campaign.pk}", store_id=store.pk)
    return campaign


def edit(*, store_id: int, campaign_id: int, fields: dict[str, Any], actor: Actor) -> Campaign:
    """Change a draft or scheduled campaign; of one that is being sent, its priority alone. Same values change nothing.

    Raises InvalidFields; InvalidStatus once it was launched, also under a race, and for what the price agreed to or the
    frozen audience of a scheduled one depends on.
    """
    store = campaign_of(store_id=store_id, campaign_id=campaign_id).store
    if "message" in fields:
        validate(fields["message"], custom_fields=store.custom_fields)
    allowed = _allowed(fields, store)
    with transaction.atomic():
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        changes = {name: value for name, value in allowed.items() if getattr(campaign, name) != value}
        if campaign.status in CAMPAIGN_LIVE and set(changes) == {"priority"}:
            return prioritise(store_id=store_id, campaign_id=campaign_id, actor=actor, **changes)
        if campaign.status not in CAMPAIGN_EDITABLE:
            raise refusal("edit", campaign.status)
        if campaign.status == "scheduled":
            _check_scheduled(campaign, changes)
        if "send_at" in changes:
            changes["next_try_at"] = changes["send_at"]
        _write(campaign, changes, actor=actor)
    return campaign_of(store_id=store_id, campaign_id=campaign_id)


def _write(campaign: Campaign, changes: dict[str, Any], *, actor: Actor) -> None:
    now, subject, store_id = timezone.now(), f"campaign:{campaign.pk}", campaign.store_id
    Campaign.objects.filter(pk=campaign.pk).update(**changes, updated_at=now)
    record("campaign.edit", actor=actor, subject=subject, store_id=store_id, fields=sorted(changes))


def _check_scheduled(campaign: Campaign, changes: dict[str, Any]) -> None:
    if "send_at" in changes:
        _check_time(changes["send_at"])
        if campaign.local_at:
            raise invalid("/send_at", "It goes out by the recipients' clocks: schedule it again.", code="local")
    if PRICED & set(changes) and (campaign.frozen_id or campaign.max_credits is not None):
        detail = "It was scheduled for a price or for a frozen audience: unschedule it to change it."
        raise InvalidStatus(detail, campaign_status=campaign.status)


def delete(*, store_id: int, campaign_id: int, actor: Actor) -> None:
    """Delete a draft. Raises InvalidStatus for anything else: what was sent is never forgotten."""
    with transaction.atomic():
        drafts = Campaign.objects.filter(pk=campaign_id, store_id=store_id, status="draft")
        if not drafts.delete()[0]:
            raise refusal("delete", _status(store_id=store_id, campaign_id=campaign_id))
        record("campaign.delete", actor=actor, subject=f"campaign:{campaign_id}", store_id=store_id)


def _allowed(fields: dict[str, Any], store: Store) -> dict[str, Any]:
    """The columns that may be written, the message as it would be sent; a time without a zone is the store's."""
    allowed = {name: value for name, value in fields.items() if name in EDITABLE}
    if "message" in allowed:
        allowed["message"] = tidy(allowed["message"])
    if allowed.get("send_at"):
        allowed["send_at"] = instant(allowed["send_at"], zone=store.time_zone)
    return allowed


def _check_time(send_at: datetime | None) -> None:
    if send_at is None:
        raise invalid("/send_at", "A scheduled campaign needs a time; unschedule it first.", code="required")
    if send_at <= timezone.now():
        raise invalid("/send_at", "The time has passed.", code="past")


def _status(*, store_id: int, campaign_id: int) -> str:
    status = Campaign.objects.filter(pk=campaign_id, store_id=store_id).values_list("status", flat=True).first()
    if status is None:
        raise NotFound
    return status
