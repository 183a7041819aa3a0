"""What all batches of a campaign have in common, worked out once and kept while neither it nor its store changes."""

from functools import lru_cache
from typing import NamedTuple

from campaigns import merge
from campaigns.content import Content
from campaigns.drafts import Draft
from campaigns.models import Campaign, CampaignRecipient
from campaigns.people import judged
from config.sql import Number, Prepared


class Plan(NamedTuple):
    """A campaign with its store, its text, and the question how the contacts of one of its batches stand now.

    `contacts` asks by the batch's id: (contact id, exclusion, country, time zone, and each field of the text).
    """

    campaign: Campaign
    content: Content
    contacts: Prepared


@lru_cache(maxsize=64)
def plan_of(campaign_id: int, version: str) -> Plan:
    """The campaign's plan; `version` names what was read (campaigns.queries.claim), so that nothing old is used."""
    campaign = Campaign.objects.select_related("store").get(pk=campaign_id)
    content = Draft.of(campaign).content()
    pending = CampaignRecipient.objects.filter(batch_id=Number(), status="pending").values("contact_id")
    people = merge.with_fields(judged(pending, store=campaign.store, kind=campaign.kind), content)
    columns = ("pk", "exclusion", "country", "time_zone", *merge.names(content))
    return Plan(campaign, content, Prepared(people.values_list(*columns)))
