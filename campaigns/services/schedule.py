"""Planning a campaign: when it goes out, by whose clock, to whom, for how much at most; and taking that back."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from audiences import audience
from audiences.models import FrozenAudience
from audiences.services.frozen import freeze, thaw
from campaigns import history
from campaigns.clock import instant, places, released, shown
from campaigns.drafts import Draft
from campaigns.errors import NoMessageText
from campaigns.models import Campaign
from campaigns.people import people
from campaigns.quotes import quote_for_launch
from campaigns.services.find import campaign_of, locked, may_send, not_an_automations, refusal
from campaigns.states import CAMPAIGN
from config.audit import Actor
from config.problems import Conflict, invalid

PLACES_NAMED = 5  # in the refusal of a time that has passed somewhere


class Plan(NamedTuple):
    """What a merchant decides.

    `send_at`: an aware moment, or a naive one by the clock of the store. `local`: at that hour of each recipient's own
    clock. `frozen`: to those who belong to the audience now, not to those who will. `quote_id`: the price agreed to.
    """

    send_at: datetime
    local: bool = False
    frozen: bool = False
    quote_id: int | None = None


class ChangedMeanwhile(Conflict):
    """The campaign was changed while it was being scheduled; nothing was scheduled."""


def schedule(*, store_id: int, campaign_id: int, plan: Plan, actor: Actor) -> Campaign:
    """draft or scheduled → scheduled. Holds nothing: the price is held at launch, and is at most that of the quote.

    A frozen audience is that of this moment: who opts out is still never texted. Raises InvalidFields for the past
    (with `local`: if it has passed where any recipient is), NoMessageText, StoreStopped, QuoteChanged, InvalidStatus,
    ChangedMeanwhile, AudienceInvalid when it is to be frozen and a segment can choose nobody.
    """
    campaign = campaign_of(store_id=store_id, campaign_id=campaign_id)
    not_an_automations(campaign)
    if campaign.status not in CAMPAIGN.moves["schedule"].sources:
        raise refusal("schedule", campaign.status)
    if not campaign.message.strip():
        raise NoMessageText
    may_send(campaign.store)
    columns = _time(campaign, plan) | {"max_credits": _price(campaign, plan)}
    frozen = _frozen(campaign) if plan.frozen else None
    try:
        _write(campaign, {**columns, "frozen": frozen}, actor=actor)
    except Exception:  # whatever it was: nobody names what was frozen for it
        if frozen:
            thaw(frozen.pk)
        raise
    if campaign.frozen_id:
        thaw(campaign.frozen_id)
    return campaign_of(store_id=store_id, campaign_id=campaign_id)


def unschedule(*, store_id: int, campaign_id: int, actor: Actor, reason: str = "") -> Campaign:
    """scheduled → draft: it can be edited again, and nothing of the plan but its time is kept. Raises InvalidStatus."""
    with transaction.atomic():
        campaign = locked(store_id=store_id, campaign_id=campaign_id)
        not_an_automations(campaign)
        rows = Campaign.objects.filter(pk=campaign_id)
        plan = {"next_try_at": None, "local_at": "", "frozen": None, "max_credits": None}
        if not CAMPAIGN.move(rows, "unschedule", updated_at=timezone.now(), **plan):
            raise refusal("unschedule", campaign.status)
        history.append(campaign, "unschedule", before="scheduled", after="draft", actor=actor, reason=reason)
        if campaign.frozen_id:
            thaw(campaign.frozen_id)
    return campaign_of(store_id=store_id, campaign_id=campaign_id)


def _time(campaign: Campaign, plan: Plan) -> dict[str, Any]:
    """The columns that say when. By the recipients' clocks it is due when the hour comes to the first of them."""
    now, store = timezone.now(), campaign.store
    due, local_at = instant(plan.send_at, zone=store.time_zone), ""
    if plan.local:
        wall = shown(plan.send_at, zone=store.time_zone).replace(microsecond=0)
        moments = {released(wall, place, store=store): place for place in places(campaign)}
        _refuse_past({moment: place.time_zone or place.country for moment, place in moments.items() if moment <= now})
        due, local_at = min(moments, default=instant(wall, zone=store.time_zone)), wall.isoformat()
    if due <= now:
        raise invalid("/send_at", "The time has passed.", code="past")
    return {"send_at": due, "next_try_at": due, "local_at": local_at}


def _refuse_past(places: dict[datetime, str]) -> None:
    """A campaign that some recipients would get at another hour than was said is not scheduled at all."""
    if places:
        names = ", ".join(sorted(set(places.values()))[:PLACES_NAMED])
        raise invalid("/send_at", f"By the clocks of some recipients the time has passed: {names}.", code="past")


def _price(campaign: Campaign, plan: Plan) -> int | None:
    if plan.quote_id is None:
        return None
    return quote_for_launch(store=campaign.store, campaign=campaign, quote_id=plan.quote_id).credits


def _frozen(campaign: Campaign) -> FrozenAudience:
    """Everybody who would be a recipient if it were sent now. Raises AudienceInvalid."""
    pinned = audience.pinned(store_id=campaign.store_id, audience=campaign.audience, at=timezone.now())
    audience.check_pinned(pinned)
    members = people(store=campaign.store, audience_stored=pinned, kind=campaign.kind)
    return freeze(members.filter(exclusion=None), store_id=campaign.store_id)


def _write(campaign: Campaign, columns: dict[str, Any], *, actor: Actor) -> None:
    """The conditional move with its history, if the campaign is still the one that the plan was made for."""
    with transaction.atomic():
        now_is = locked(store_id=campaign.store_id, campaign_id=campaign.pk)
        if now_is.status in CAMPAIGN.moves["schedule"].sources and _planned(now_is) != _planned(campaign):
            raise ChangedMeanwhile
        rows = Campaign.objects.filter(pk=campaign.pk)
        if not CAMPAIGN.move(rows, "schedule", updated_at=timezone.now(), reason="", **columns):
            raise refusal("schedule", now_is.status)
        facts = {
            "send_at": columns["send_at"].isoformat(),
            "local_at": columns["local_at"],
            "max_credits": columns["max_credits"],
            "frozen": columns["frozen"].size if columns["frozen"] else None,
        }
        history.append(campaign, "schedule", before=now_is.status, after="scheduled", actor=actor, **facts)


def _planned(campaign: Campaign) -> tuple[str, str]:
    draft = Draft.of(campaign)
    return draft.content_hash, draft.audience_hash("")
