"""Campaigns that went some way, for tests of what comes afterwards."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings

from audiences.models import Segment
from billing.models import CreditReservation
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient, Quote, SendBatch
from campaigns.quotes import Draft, make_quote
from campaigns.services.finish import finish
from campaigns.services.launch import Launched, launch
from config.audit import SYSTEM
from config.problems import Problem
from messaging.sending.settle import settle
from providers.interface import Outcome
from tests.factories import CampaignFactory
from tests.steps import claimed, launched, marked, money, settlement


def handed_over(outcomes: Sequence[Outcome] | None = None, **columns: Any) -> Campaign:
    """A campaign of three, or as many as there are outcomes, handed over once; accepted unless told otherwise."""
    campaign = launched(**{"people": len(outcomes or [0] * 3), **columns})
    work = claimed()
    marked(work)
    settle(settlement(work, outcomes))
    finish(campaign.pk)
    return Campaign.objects.get(pk=campaign.pk)


def dead(outcomes: Sequence[Outcome], **columns: Any) -> Campaign:
    """A campaign whose only batch was handed over for the last time."""
    campaign = launched(**{"people": len(outcomes), **columns})
    work = claimed()
    marked(work)
    settle(settlement(work, outcomes, spent=settings.SEND_ATTEMPTS))
    finish(campaign.pk)
    return Campaign.objects.get(pk=campaign.pk)


def recipients(campaign: Campaign) -> Any:
    """Its recipients, oldest first."""
    return CampaignRecipient.objects.filter(campaign=campaign).order_by("pk")


def hold_of(campaign: Campaign, *, run: int = 1) -> CreditReservation:
    """The hold of one of its runs."""
    return CreditReservation.objects.get(key=f"campaign:{campaign.pk}:{run}")


def quote_of(campaign: Campaign) -> Quote:
    """A new quote of the campaign."""
    return make_quote(store=campaign.store, draft=Draft.of(campaign), campaign_id=campaign.pk)


def go(campaign: Campaign, quote: Quote | None = None, *, store_id: int | None = None) -> Launched:
    """Launch it as the system, with this quote or none."""
    return launch(
        store_id=store_id or campaign.store_id,
        campaign_id=campaign.pk,
        quote_id=quote.pk if quote else None,
        actor=SYSTEM,
    )


def refused(problem: type[Problem], campaign: Campaign, quote: Quote | None = None) -> Problem:
    """The refusal, after which nothing is different."""
    before = Campaign.objects.values().get(pk=campaign.pk), money(campaign)
    with pytest.raises(problem) as caught:
        go(campaign, quote)
    assert (Campaign.objects.values().get(pk=campaign.pk), money(campaign)) == before
    assert not CreditReservation.objects.exists()
    assert not CampaignRecipient.objects.exists()
    assert not SendBatch.objects.exists()
    assert not CampaignEvent.objects.exists()
    return caught.value


def to_segment(segment: Segment, **more: Any) -> Campaign:
    """A draft to a segment."""
    stored = {"kind": "segment", "id": segment.pk, "exclude": []}
    return CampaignFactory.create(store=segment.store, audience=stored, **more)
