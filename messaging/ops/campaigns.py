"""Campaigns in the ops console, with what only this layer can do for them: ask the provider, decide about unknowns."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from audiences.staff import staff
from campaigns.admin.campaigns import CampaignAdmin
from campaigns.models import Campaign
from config.ops.operations import Answers, Operation, ReasonForm
from config.ops.roles import HOUSE, PEOPLE
from config.problems import Conflict
from messaging.unknown import DECIDE_MAX, decide
from messaging.watching.refresh import refresh

VERDICTS = (
    ("unconfirmed", "Give them up: their credits go back"),
    ("accepted", "The provider proved that it took them: bill them"),
)


class VerdictForm(ReasonForm):
    """What is to be believed."""

    verdict = forms.ChoiceField(choices=VERDICTS)
    field_order = ("verdict", "reason")


def ask_provider(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Ask after silent recipients now."""
    asked = refresh(store=campaign.store, campaign_id=campaign.pk, actor=staff(request), reason=answers["reason"])
    return f"the provider is asked after {asked.silent} recipients in {asked.batches} batches."


def decide_unknown(campaign: Campaign, answers: Answers, request: HttpRequest) -> str:
    """Settle who is unknown, DECIDE_MAX at a time."""
    accepted = answers["verdict"] == "accepted"
    number = decide(campaign_id=campaign.pk, accepted=accepted, actor=staff(request), reason=answers["reason"])
    if not number:
        raise Conflict("Nobody of this campaign is unknown.")
    more = " There may be more: decide again." if number == DECIDE_MAX else ""
    return f"{number} recipients are {'billed as sent' if accepted else 'unconfirmed'}.{more}"


def has_unknowns(campaign: Campaign) -> bool:
    """Whether somebody's outcome is unknown."""
    progress = getattr(campaign, "progress", None)
    return bool(progress and progress.unknown)


def is_silent(campaign: Campaign) -> bool:
    """Whether the provider owes a final word."""
    progress = getattr(campaign, "progress", None)
    return bool(progress and progress.sent + progress.unknown)


admin.site.unregister(Campaign)


@admin.register(Campaign)
class WatchedCampaignAdmin(CampaignAdmin):
    """A campaign, what its services can do, and what the provider's can."""

    operations = (
        *CampaignAdmin.operations,
        Operation(
            "refresh",
            "Ask the provider",
            "Recipients without a final word are looked up at the provider now, the latest batches first.",
            ask_provider,
            PEOPLE,
            applies=is_silent,
        ),
        Operation(
            "decide_unknown",
            "Decide unknown",
            f"Nobody knows whether these recipients were texted; they are never sent again by themselves. At most "
            f"{DECIDE_MAX} at a time. A receipt that comes later still counts.",
            decide_unknown,
            HOUSE,
            applies=has_unknowns,
            form=VerdictForm,
            risky=True,
        ),
    )
