"""The sweep that starts what is due: fair, bounded, and harmless when two run at once."""

import logging
from datetime import datetime, timedelta

from django.db import Error, transaction
from django.db.models.functions import Now
from django.utils import timezone

from campaigns import history
from campaigns.drafts import Draft
from campaigns.models import Campaign
from campaigns.quotes import make_quote
from campaigns.services.find import may_send
from campaigns.services.gate import Intent, permit
from campaigns.services.launch import begin, start
from campaigns.services.moves import cancel
from campaigns.services.schedule import unschedule
from config.audit import SYSTEM
from config.problems import Problem

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(minutes=15)
GIVE_UP = timedelta(hours=24)
# While one sweep prices a large audience another must not start on it; if the sweep dies, it is looked at again then.
BUSY = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def launch_due(*, limit: int) -> dict[str, int]:
    """Launch scheduled campaigns whose time has come, oldest try first.

    One that cannot start keeps its schedule with the reason and is tried every 15 minutes for 24 hours, then it goes
    back to draft: it never keeps others waiting. One with `not_after` is cancelled when that has passed. `moved`: a
    person did something else with it meanwhile. Returns {due, launched, postponed, given_up, moved}.
    """
    counts = {"due": 0, "launched": 0, "postponed": 0, "given_up": 0, "moved": 0}
    while counts["due"] < limit and (campaign := _take()) is not None:
        counts["due"] += 1
        counts[_try(campaign)] += 1
    return counts


def _take() -> Campaign | None:
    """The most overdue campaign, put off for BUSY so that no second sweep takes it too."""
    now = timezone.now()
    with transaction.atomic():
        due = Campaign.objects.select_for_update(skip_locked=True, of=("self",)).select_related("store")
        campaign = due.filter(status="scheduled", next_try_at__lte=Now()).order_by("next_try_at").first()
        if campaign is not None:
            Campaign.objects.filter(pk=campaign.pk).update(next_try_at=now + BUSY)
    return campaign


def _try(campaign: Campaign) -> str:
    now = timezone.now()
    if campaign.not_after and now > campaign.not_after:
        return _too_late(campaign)
    try:
        may_send(campaign.store)
        quote = make_quote(store=campaign.store, draft=Draft.of(campaign), campaign_id=campaign.pk)
        permit(Intent(campaign.store, quote, campaign.status))
        start(store_id=campaign.store_id, campaign_id=campaign.pk, quote=quote, actor=SYSTEM, due=campaign.send_at)
    except Problem as problem:
        return _postpone(campaign, now, code=problem.code, why=problem.detail)
    except Error:
        raise
    except Exception:  # a bug that one campaign brings out: it gets a reason like any other, and keeps nobody waiting
        log.exception("scheduled_campaign_failed", extra={"campaign_id": campaign.pk})
        return _postpone(campaign, now, code="INTERNAL_ERROR", why="Something on our side is broken.")
    begin(campaign.pk, recipients=quote.recipients)
    return "launched"


def _too_late(campaign: Campaign) -> str:
    """An automation's campaign whose time has gone by: cancelled, with what kept it from starting."""
    why = f"TOO_LATE: {campaign.reason or 'nothing ran until then'}"[:200]
    try:
        with transaction.atomic():
            cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM, reason=why)
            Campaign.objects.filter(pk=campaign.pk).update(reason=why)
    except Problem:
        return "moved"
    return "given_up"


def _postpone(campaign: Campaign, now: datetime, *, code: str, why: str) -> str:
    """The next try, with the reason; a reason that is new is an event. Nothing, if a person moved it meanwhile."""
    log.info("scheduled_campaign_postponed", extra={"campaign_id": campaign.pk, "code": code})
    reason = f"{code}: {why}"[:200]
    with transaction.atomic():
        latest = Campaign.objects.select_for_update().filter(pk=campaign.pk).first()
        if latest is None or latest.status != "scheduled" or latest.send_at != campaign.send_at:
            return "moved"
        if latest.not_after is None and latest.send_at and now - latest.send_at > GIVE_UP:
            reason = f"could not start for 24 hours: {code}"
            unschedule(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM, reason=reason)
            return "given_up"
        if latest.reason != reason:
            history.append(latest, "postpone", before="scheduled", after="scheduled", actor=SYSTEM, reason=reason)
        again = now + TRY_AGAIN
        at = min(again, latest.not_after + SECOND) if latest.not_after else again
        Campaign.objects.filter(pk=campaign.pk).update(next_try_at=at, reason=reason)
    return "postponed"
