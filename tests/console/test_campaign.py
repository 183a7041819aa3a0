"""A campaign's page without scripts: everything is there to read, and what can be done follows from its state."""

import re

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from audiences.models import Store
from campaigns.models import Campaign
from campaigns.services import moves
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.console.progress import PARTS, stacked
from messaging.sending.settle import settle
from providers.interface import Accepted, Refused
from tests.factories import CampaignFactory, ContactFactory
from tests.steps import claimed, launched, marked, settlement


def page(owner: Client, campaign: Campaign) -> str:
    return owner.get(f"/campaigns/{public_id(campaign.pk, kind='cmp')}").content.decode()


def calls(body: str) -> set[str]:
    """The last words of what the page's buttons would call, and the dialogs that they open."""
    return set(re.findall(r'data-api="\w+ campaigns/\w+/([\w-]+)"', body)) | set(re.findall(r'data-open="(\w+)"', body))


def test_a_draft_can_be_sent_planned_and_tested(store: Store, owner: Client) -> None:
    body = page(owner, CampaignFactory.create(store=store, people=2, message="Hi {{first_name|you}}"))

    assert {"send", "schedule", "test"} <= calls(body)
    assert calls(body).isdisjoint({"pause", "cancel", "resume"})
    assert "Hi {{first_name|you}}" in body
    assert body.count('<td class="text">Hi Name') == 2


@pytest.mark.parametrize(
    ("move", "offered"),
    [(None, {"pause", "cancel"}), (moves.pause, {"resume", "cancel"}), (moves.cancel, {"archive"})],
)
def test_what_can_be_done_follows_from_the_state(store: Store, owner: Client, move: object, offered: set[str]) -> None:
    campaign = launched(store=store)
    if callable(move):
        move(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM, reason="")

    found = calls(page(owner, campaign))

    assert offered <= found
    assert found & {"send", "pause", "resume", "cancel", "archive"} == offered


def test_who_is_at_a_worker_when_it_is_cancelled_is_watched(store: Store, owner: Client) -> None:
    campaign = launched(store=store, people=3)
    work = claimed()
    marked(work)
    moves.cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM, reason="")

    assert " data-watch" in page(owner, campaign)

    settle(settlement(work, [Refused("provider_error", "17", retryable=False)] * 3))

    assert " data-watch" not in page(owner, campaign)


def test_nobody_waits_who_was_not_written_down_when_it_was_cancelled(
    store: Store, owner: Client, settings: Settings
) -> None:
    settings.SNAPSHOT_INLINE_MAX = 0
    campaign = launched(store=store, people=5)
    assert 'data-counter="waiting">5<' in page(owner, campaign)

    moves.cancel(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM, reason="")
    body = page(owner, campaign)

    assert 'data-counter="waiting">0<' in body
    assert " data-watch" not in body


def test_progress_is_whole(store: Store, owner: Client) -> None:
    campaign = launched(store=store, people=4)
    work = claimed()
    marked(work)
    refused = Refused("provider_error", "17", retryable=False)
    settle(settlement(work, [Accepted("a"), Accepted("b"), refused, Accepted("c")]))

    body = page(owner, campaign)
    counters = dict(re.findall(r'data-counter="(\w+)">([\d,]+)<', body))
    parts = dict(re.findall(r'data-count="(\w+)">([\d,]+)<', body))
    widths = [float(width) for width in re.findall(r'<rect data-part="\w+" x="[\d.]+%" width="([\d.]+)%"', body)]

    assert counters["sent"] == "3"
    assert parts.pop("total") == "4"
    assert sum(int(number) for number in parts.values()) == 4
    assert sum(widths) == pytest.approx(100, abs=0.01)


def test_a_long_name_and_markup_are_text(store: Store, owner: Client) -> None:
    body = page(owner, CampaignFactory.create(store=store, name="<b>" + "Ω" * 90, message="<script>alert(1)</script>"))

    assert "&lt;b&gt;ΩΩΩ" in body
    assert "<script>alert" not in body


def test_the_recipients_of_a_campaign_can_be_narrowed(store: Store, owner: Client) -> None:
    campaign = launched(store=store, people=3)
    path = f"/campaigns/{public_id(campaign.pk, kind='cmp')}/recipients"

    assert owner.get(path).content.decode().count("/recipients/rcp_") == 3
    assert "No recipient is like that" in owner.get(f"{path}?status=delivered").content.decode()


def test_hours_are_those_of_the_store(store: Store, owner: Client) -> None:
    campaign = CampaignFactory.create(store=store)
    Campaign.objects.filter(pk=campaign.pk).update(created_at="2026-07-01T21:30:00Z")

    assert "2 Jul, 00:30:00" in page(owner, campaign)


def test_a_sent_campaign_is_not_edited(store: Store, owner: Client) -> None:
    campaign = launched(store=store)
    path = f"/campaigns/{public_id(campaign.pk, kind='cmp')}"

    assert owner.get(f"{path}/edit")["Location"] == path


def test_a_draft_begins_with_a_list(store: Store, owner: Client) -> None:
    answer = owner.get("/campaigns/new?list=lst_aaaaaaaaaaaaaaaaaaaaaaaaaa")

    assert answer.status_code == 404


def test_parts_are_stacked_without_a_gap() -> None:
    bar = stacked({"delivered": 3, "failed": 1, "waiting": 4})

    assert [part.name for part in bar.parts] == list(PARTS)
    assert [(part.x, part.width) for part in bar.parts if part.people] == [(0, 37.5), (37.5, 12.5), (50, 50)]
    assert [part.people for part in bar.counters] == [3, 0, 1, 4]


def test_an_empty_bar_has_no_width() -> None:
    assert {part.width for part in stacked({}).parts} == {0}


def test_no_credits_are_said_on_every_page(store: Store, owner: Client) -> None:
    ContactFactory.create(store=store)

    assert 'data-code="no_credits"' in owner.get("/contacts").content.decode()


def test_a_house_without_workers_is_said_on_every_page(store: Store, owner: Client) -> None:
    assert 'data-code="no_worker"' in owner.get("/lists").content.decode()
