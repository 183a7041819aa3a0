"""What the poller reads for all streams: only what changed, and on whatever happens."""

import asyncio
import json
from typing import Any

import pytest
from django.db import DatabaseError

from campaigns.models import Campaign
from campaigns.queries.claim import give_back
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.sending.settle import settle
from messaging.stream.changes import GONE, Change, Shown, changes, show
from messaging.stream.poller import Poller
from messaging.stream.tickets import WHOLE_STORE, Ticket
from providers.interface import Accepted, Refused
from tests.factories import CampaignFactory
from tests.messaging.streams import deliver, undelivered
from tests.steps import claimed, launched, marked, settlement


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    """A campaign of ten recipients of whom nobody got it yet."""
    return undelivered()


@pytest.mark.django_db(transaction=True)
def test_only_what_changed_is_read_again(campaign: Campaign) -> None:
    ticket = Ticket(campaign.pk, campaign.store_id)
    first = changes({ticket: None})[ticket]

    assert changes({ticket: first.mark}) == {}

    deliver(campaign, 4)
    second = changes({ticket: first.mark})[ticket]
    assert first.shown
    assert second.shown
    assert json.loads(second.shown.data)["counts"]["delivered"] == 4
    assert first.shown.id != second.shown.id


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_a_worker_takes_or_gives_back_is_a_change() -> None:
    made = launched(people=3)
    ticket = Ticket(made.pk, made.store_id)
    first = changes({ticket: None})[ticket]
    work = claimed()
    taken = changes({ticket: first.mark})[ticket]
    give_back(batch_id=work.batch.batch_id, fence=work.batch.fence, seconds=0, error="")
    back = changes({ticket: taken.mark})[ticket]

    assert taken.shown
    assert back.shown
    assert [json.loads(shown.data)["in_flight"] for shown in (taken.shown, back.shown)] == [3, 0]


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_campaign_is_over_when_nobody_is_at_a_worker_any_more() -> None:
    made = launched(people=3)
    ticket = Ticket(made.pk, made.store_id)
    work = claimed()
    marked(work)
    cancel(store_id=made.store_id, campaign_id=made.pk, actor=SYSTEM)

    before = show(ticket)
    settle(settlement(work, [Accepted("a"), Accepted("b"), Refused("provider_error", "17", retryable=False)]))
    after = show(ticket)

    assert (before.over, before.settled) == (False, False)
    assert (after.over, after.settled) == (True, False)  # two receipts may still come


def test_the_poller_goes_on_after_whatever_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, shown = Ticket(1, 1), Shown("id", b"{}", over=False, settled=False)
    answers: list[Any] = [ZeroDivisionError("a bug"), DatabaseError("no connection"), {ticket: Change(("new",), shown)}]

    def ask(known: object) -> Any:
        answer = answers.pop(0) if answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def wait_for_news() -> Shown | None:
        with Poller().watching(ticket) as watch:
            await asyncio.wait_for(watch.changed.wait(), 20)
            return watch.shown

    monkeypatch.setattr("messaging.stream.poller.changes", ask)
    monkeypatch.setattr("messaging.stream.poller.EVERY", 0.01)

    assert asyncio.run(wait_for_news()) is shown


@pytest.mark.django_db(transaction=True)
def test_a_store_is_told_when_any_of_its_campaigns_changed(campaign: Campaign) -> None:
    ticket = Ticket(WHOLE_STORE, campaign.store_id)
    first = changes({ticket: None})[ticket]
    assert changes({ticket: first.mark}) == {}

    deliver(campaign, 4)
    CampaignFactory.create()
    second = changes({ticket: first.mark})[ticket]

    assert second.shown
    [line] = json.loads(second.shown.data)["campaigns"]
    assert (line["id"], line["delivered"]) == (public_id(campaign.pk, kind="cmp"), 4)
    assert second.shown.event == b"campaigns"


@pytest.mark.django_db(transaction=True)
def test_a_campaign_of_another_store_is_not_there(campaign: Campaign) -> None:
    foreign = Ticket(campaign.pk, campaign.store_id + 1)

    assert changes({foreign: None}) == {foreign: GONE}
    assert changes({foreign: GONE.mark}) == {}
