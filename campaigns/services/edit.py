"""Writing a campaign: create, edit, delete. Only while nothing of it was sent."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from campaigns.content import tidy, validate
from campaigns.models import Campaign
from campaigns.services.find import campaign_of, refusal
from campaigns.states import CAMPAIGN_EDITABLE
from config.audit import Actor, record
from config.problems import NotFound, invalid

EDITABLE = ("name", "message", "kind", "audience", "on_missing", "plain_values", "priority", "send_at")


def create(*, store: Store, fields: dict[str, Any], actor: Actor) -> Campaign:
    """A new draft. `fields`: those of EDITABLE, the audience in its stored form. Raises InvalidFields."""
    validate(fields.get("message", ""), custom_fields=store.custom_fields)
    with transaction.atomic():
        campaign = Campaign.objects.create(store=store, created_by=actor.name, **_allowed(fields))
        record("campaign.create", actor=actor, subject=f"campaign:{campaign.pk}", store_id=store.pk)
    return campaign


def edit(*, store_id: int, campaign_id: int, fields: dict[str, Any], actor: Actor) -> Campaign:
    """Change a draft or scheduled campaign. Raises InvalidStatus once it was launched, also under a race."""
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    if "message" in fields:
        validate(fields["message"], custom_fields=campaign.store.custom_fields)
    changes = _allowed(fields)
    if "send_at" in changes:
        changes["next_try_at"] = changes["send_at"]
        if campaign.status == "scheduled":
            _check_time(changes["send_at"])
    with transaction.atomic():
        rows = Campaign.objects.filter(pk=campaign_id, store_id=store_id, status__in=CAMPAIGN_EDITABLE)
        if not rows.update(**changes, updated_at=timezone.now()):
            raise refusal("edit", _status(store_id=store_id, campaign_id=campaign_id))
        record(
            "campaign.edit", actor=actor, subject=f"campaign:{campaign_id}", store_id=store_id, fields=sorted(changes)
        )
    return campaign_of(store_id=store_id, campaign_id=campaign_id)


def delete(*, store_id: int, campaign_id: int, actor: Actor) -> None:
    """Delete a draft. Raises InvalidStatus for anything else: what was sent is never forgotten."""
    with transaction.atomic():
        drafts = Campaign.objects.filter(pk=campaign_id, store_id=store_id, status="draft")
        if not drafts.delete()[0]:
            raise refusal("delete", _status(store_id=store_id, campaign_id=campaign_id))
        record("campaign.delete", actor=actor, subject=f"campaign:{campaign_id}", store_id=store_id)


def _allowed(fields: dict[str, Any]) -> dict[str, Any]:
    """The columns that may be written, the message as it would be sent."""
    allowed = {name: value for name, value in fields.items() if name in EDITABLE}
    if "message" in allowed:
        allowed["message"] = tidy(allowed["message"])
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
