"""What is done with a campaign beside sending it: written again as a new draft, put away, taken out."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns import history
from campaigns.models import Campaign
from campaigns.services.find import campaign_of, locked, refusal
from campaigns.states import CAMPAIGN_ENDED, WRITTEN_KINDS
from config.audit import Actor
from config.opaque import public_id
from config.problems import Conflict

NAME_MAX = 200


class NotWritten(Conflict):
    """This message was made by the house, not written as a campaign."""


def clone(*, store_id: int, campaign_id: int, actor: Actor, name: str = "") -> Campaign:
    """A new draft with the same message, audience and options; nothing of when or for how much.

    `name`: of the new one; empty: the old name. Raises NotFound, NotWritten.
    """
    source = campaign_of(store_id=store_id, campaign_id=campaign_id)
    if source.kind not in WRITTEN_KINDS or source.automation_id:
        raise NotWritten
    with transaction.atomic():
        copy = Campaign.objects.create(
            store=source.store,
            name=(name or source.name)[:NAME_MAX],
            kind=source.kind,
            message=source.message,
            audience=source.audience,
            on_missing=source.on_missing,
            plain_values=source.plain_values,
            short_links=source.short_links,
            priority=source.priority,
            created_by=actor.name,
        )
        of = public_id(source.pk, kind="cmp")
        history.append(copy, "clone", before="", after="draft", actor=actor, of=of)
    return copy


def archive(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """Leave a campaign that has ended out of lists. Raises InvalidStatus for any other; repeated it changes nothing."""
    return _put(store_id, campaign_id, event="archive", at=timezone.now(), actor=actor, reason=reason)


def unarchive(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """List it again. Repeated it changes nothing."""
    return _put(store_id, campaign_id, event="unarchive", at=None, actor=actor, reason=reason)


def _put(store_id: int, campaign_id: int, *, event: str, at: datetime | None, actor: Actor, reason: str) -> Campaign:
    with transaction.atomic():
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        status = campaign.status
        if at is not None and status not in CAMPAIGN_ENDED:
            raise refusal(event, status)
        if bool(campaign.archived_at) != bool(at):
            Campaign.objects.filter(pk=campaign_id).update(archived_at=at, updated_at=timezone.now())
            history.append(campaign, event, before=status, after=status, actor=actor, reason=reason)
    return campaign_of(store_id=store_id, campaign_id=campaign_id)
