"""Automations in the ops console: what they are, what they did, and the switch."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from audiences.staff import staff
from campaigns.models import Automation, AutomationFire, AutomationRun, Campaign
from campaigns.models.automation import AUTOMATION_KINDS
from campaigns.models.automation_run import OUTCOMES
from campaigns.services import automations
from config.ops.marks import link, rows_of, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import PEOPLE
from config.ops.rows import OpsAdmin


def off(automation: Automation, answers: Answers, request: HttpRequest) -> str:
    """Switch it off."""
    automations.switch_off(
        store_id=automation.store_id, automation_id=automation.pk, actor=staff(request), reason=answers["reason"]
    )
    return "it is switched off."


@admin.register(Automation)
class AutomationAdmin(OpsAdmin):
    """A rule that makes campaigns by itself. Staff may switch it off; only the store switches it on."""

    kind = "aut"
    audited = "automation"
    list_display = ("name", "store", "kind", "active", "next_run_at", "created_by", "updated_at")
    list_filter = (choice("kind", AUTOMATION_KINDS),)
    list_select_related = ("store",)
    search_fields = ("pk", "store__slug")
    readonly_fields = ("what_it_did",)
    sortable_by = ()
    operations = (
        Operation(
            "off",
            "Switch off",
            "Whoever waits for it is left out, and its campaigns that have not started are cancelled.",
            off,
            PEOPLE,
            applies=lambda automation: bool(automation.active),
        ),
    )

    @admin.display(description="runs")
    def what_it_did(self, automation: Automation) -> str:
        """Its runs."""
        return rows_of(AutomationRun, "The runs of this automation", automation__id__exact=automation.pk)


@admin.register(AutomationRun)
class AutomationRunAdmin(OpsAdmin):
    """One time that an automation looked: the campaign that it made, or why there is none."""

    kind = "arn"
    list_display = ("id", "automation", "key", state("outcome"), "people", "of", "reason", "created_at")
    list_filter = (choice("outcome", OUTCOMES),)
    list_select_related = ("automation", "campaign")
    readonly_fields = ("of",)
    sortable_by = ()

    @admin.display(description="campaign")
    def of(self, run: AutomationRun) -> str:
        """Its campaign."""
        return link(Campaign, run.campaign_id, run.campaign.name if run.campaign else "")


@admin.register(AutomationFire)
class AutomationFireAdmin(OpsAdmin):
    """Somebody whom an automation meant: in which run, or why not."""

    viewers = PEOPLE
    list_display = ("id", "automation", "contact_id", "key", "run_id", "left_out", "due_at", "fired_at")
    list_select_related = ("automation",)
    raw_id_fields = ("contact", "run")
    search_help_text = "Id of the fire or of the contact"
    sortable_by = ()

    def found(self, term: str) -> Q:
        """By its id or the contact's. Index: automationfire_once."""
        return Q(pk=int(term)) | Q(contact_id=int(term)) if term.isdecimal() else Q(pk__in=[])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Numbers instead of rows: a contact has no name here."""
        return ("automation", "contact_id", "key", "run_id", "left_out", "due_at", "created_at", "fired_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """All of them."""
        return tuple(self.get_fields(request, obj))
