"""Moves of a campaign that a person asks for while it is sent: pause, resume, cancel."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns import history
from campaigns.models import Campaign
from campaigns.services.find import campaign_of, locked, may_send, refusal
from campaigns.states import CAMPAIGN
from config.audit import Actor
from config.queues import Task, enqueue


def pause(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """Stop after the batches in flight: no further batch is marked once this has committed."""
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    return _move("pause", campaign, actor=actor, history_reason=reason, reason=reason)


def resume(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """Go on at the exact row."""
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    may_send(campaign.store)
    moved = _move("resume", campaign, actor=actor, history_reason=reason, reason="")
    enqueue(Task.SNAPSHOT, campaign_id)
    enqueue(Task.SEND_NEXT, copies=4)
    return moved


def cancel(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """Nothing new is sent; batches in flight finish and are billed; the rest is closed by `close_cancelled`."""
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    moved = _move("cancel", campaign, actor=actor, history_reason=reason, finished_at=timezone.now(), next_try_at=None)
    enqueue(Task.CLOSE_CANCELLED)
    return moved


def _move(event: str, campaign: Campaign, *, actor: Actor, history_reason: str = "", **columns: Any) -> Campaign:
    """The conditional move with its history. Raises InvalidStatus for the loser of a race; then nothing changed."""
    with transaction.atomic():
        before = locked(store_id=campaign.store_id, campaign_id=campaign.pk).status
        rows = Campaign.objects.filter(pk=campaign.pk)
        if not CAMPAIGN.move(rows, event, updated_at=timezone.now(), **columns):
            raise refusal(event, before)
        after = CAMPAIGN.moves[event].target
        history.append(campaign, event, before=before, after=after, actor=actor, reason=history_reason)
    return campaign_of(store_id=campaign.store_id, campaign_id=campaign.pk)
