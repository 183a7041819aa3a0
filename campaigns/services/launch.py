"""Launch: the O(1) decision to send. Afterwards the hold is taken and nothing can forget the campaign."""

import logging
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from billing.services import hold
from campaigns import history
from campaigns.drafts import Draft
from campaigns.errors import NoMessageText, QuoteChanged
from campaigns.models import Campaign, CampaignProgress, CampaignSnapshot, Quote, StoreLane
from campaigns.quotes import check_unedited, quote_for_launch
from campaigns.services.find import campaign_of, locked, may_send, refusal
from campaigns.services.gate import Intent, permit
from campaigns.services.links import freeze_links
from campaigns.snapshot import prepare
from campaigns.states import CAMPAIGN
from config.audit import Actor
from config.failpoints import reach
from config.queues import Task, ring

log = logging.getLogger(__name__)


class Launched(NamedTuple):
    """The answer to a click. `queue_state` is `available`, or `unavailable` when the broker did not take the ring."""

    campaign: Campaign
    recipients: int
    credits_held: int
    queue_state: str


def launch(*, store_id: int, campaign_id: int, quote_id: int | None, actor: Actor) -> Launched:
    """Start sending for exactly the price of the quote.

    Durable before it returns: the hold, the status and the frozen bound of the audience are one transaction.
    Raises NoMessageText, AudienceInvalid, NoRecipients, QuoteRequired, QuoteChanged, InsufficientCredits,
    AlreadySending, InvalidStatus, StoreStopped. Under a race one caller launches, the others get AlreadySending.
    """
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    if campaign.status not in CAMPAIGN.moves["launch"].sources:
        raise refusal("launch", campaign.status)
    may_send(campaign.store)
    if not campaign.message.strip():
        raise NoMessageText
    quote = quote_for_launch(store=campaign.store, campaign=campaign, quote_id=quote_id)
    permit(Intent(campaign.store, quote, campaign.status))
    start(store_id=store_id, campaign_id=campaign_id, quote=quote, actor=actor)
    reach("launch.committed")
    taken = begin(campaign_id, recipients=quote.recipients)
    campaign.refresh_from_db()
    return Launched(campaign, quote.recipients, quote.credits, "available" if taken else "unavailable")


def start(*, store_id: int, campaign_id: int, quote: Quote, actor: Actor, due: datetime | None = None) -> None:
    """The launch's one transaction. Lock order: campaign, reservation, account.

    `due`: the time that a sweep found; it starts nothing that was planned anew, or unscheduled, while it counted, nor
    for more than was agreed to. Without it a person sends now: to everybody at once, whatever was planned.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        before = campaign.status
        if before not in CAMPAIGN.moves["launch"].sources:
            raise refusal("launch", before)
        if due is not None:
            _check_plan(campaign, due=due, quote=quote)
        draft = Draft.of(campaign)
        check_unedited(quote, draft)
        StoreLane.objects.get_or_create(store_id=store_id, priority=campaign.priority)
        CampaignProgress.objects.create(campaign=campaign)
        CampaignSnapshot.objects.create(campaign=campaign, bound=quote.audience_bound, created_at=now, touched_at=now)
        freeze_links(campaign, draft)
        facts = {"recipients": quote.recipients, "credits": quote.credits}
        history.append(campaign, "launch", before=before, after="sending", actor=actor, reason="", **facts)
        key, label = f"campaign:{campaign.pk}:1", f"Campaign “{campaign.name}”"
        reservation = hold(store_id=store_id, amount=quote.credits, key=key, label=label)
        CAMPAIGN.move(
            Campaign.objects.filter(pk=campaign.pk),
            "launch",
            quote=quote,
            reservation=reservation,
            run=1,
            sender=campaign.store.sender,
            opt_out_text=draft.opt_out_text,
            **draft.frozen_links,
            reason="",
            started_at=now,
            updated_at=now,
            **({} if due else {"local_at": "", "max_credits": None}),
        )


def _check_plan(campaign: Campaign, *, due: datetime, quote: Quote) -> None:
    if campaign.status != "scheduled" or campaign.send_at != due:
        raise refusal("launch", campaign.status)
    limit = campaign.max_credits
    if limit is not None and quote.credits > limit:
        difference = {"credits": {"quoted": limit, "now": quote.credits}}
        raise QuoteChanged(f"It would cost {quote.credits} credits; {limit} were agreed to.", difference=difference)


def begin(campaign_id: int, *, recipients: int) -> bool:
    """Write the recipients down: at once for a small audience, else by a task. False if no ring was taken."""
    if recipients > settings.SNAPSHOT_INLINE_MAX:
        return ring(Task.SNAPSHOT, campaign_id)
    try:
        prepare(campaign_id)
    except DatabaseError:  # the launch has committed, so the answer is yes: a sweep goes on with the snapshot
        log.exception("snapshot_interrupted", extra={"campaign_id": campaign_id})
        return False
    return ring(Task.SEND_NEXT)
