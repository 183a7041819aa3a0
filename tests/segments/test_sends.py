"""Random segments as audiences of campaigns: who was left out by the count is never written down."""

import os
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from campaigns.errors import NoRecipients
from campaigns.models import Campaign, Quote
from campaigns.services.launch import launch
from campaigns.snapshot import prepare
from config.audit import SYSTEM
from tests.campaigns.roads import quote_of, recipients
from tests.factories import CampaignFactory, SegmentFactory
from tests.segments.reference import belongs
from tests.segments.rule_trees import trees
from tests.segments.worlds import ZONES, made, people

pytestmark = pytest.mark.django_db


@examples(
    max_examples=int(os.environ.get("SEGMENT_EXAMPLES", "25")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(draws=people, zone=st.sampled_from(ZONES), data=st.data())
def test_a_campaign_reaches_those_who_were_counted_and_nobody_else(
    settings: Any, draws: list[dict[str, Any]], zone: str, data: st.DataObject
) -> None:
    settings.SNAPSHOT_INLINE_MAX, settings.SNAPSHOT_CHUNK = 0, 1
    world, persons = made(draws, zone=zone, at=timezone.now())
    segment, exclude = (SegmentFactory.create(store=world.store, rules=data.draw(trees(world))) for _ in range(2))
    stored = {"kind": "segment", "id": segment.pk, "exclude": [{"kind": "segment", "id": exclude.pk}]}
    campaign = CampaignFactory.create(store=world.store, audience=stored)
    quote = quote_of(campaign)
    world.today = date.fromisoformat(quote.audience_pinned["today"])
    meant = [
        person.pk
        for person in persons
        if belongs(segment.rules, person, world) and not belongs(exclude.rules, person, world)
        if person.consent == "opted_in" and bytes(person.phone_hash or b"") not in world.suppressed
    ]

    written = _written(campaign, quote)

    assert quote.recipients == len(meant)
    assert written == meant


def _written(campaign: Campaign, quote: Quote) -> list[int]:
    try:
        launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=quote.pk, actor=SYSTEM)
    except NoRecipients:
        return []
    prepare(campaign.pk)
    return list(recipients(campaign).values_list("contact_id", flat=True))
