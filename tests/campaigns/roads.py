"""Campaigns that went some way, for tests of what comes afterwards."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from billing.models import CreditReservation
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.finish import finish
from messaging.sending.settle import settle
from providers.interface import Outcome
from tests.steps import claimed, launched, marked, settlement


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
