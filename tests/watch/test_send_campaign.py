"""`manage.py send_campaign`: priced by default, sent for exactly that price when told to."""

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audiences.models import Store
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from config.models import AuditEvent
from config.opaque import public_id
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, SegmentFactory
from tests.steps import money

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(store: Store) -> Campaign:
    """A draft to three people, of a store with 1000 credits."""
    return CampaignFactory.create(store=store, people=3)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What the command says as JSON."""
    capsys.readouterr()
    call_command("send_campaign", *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def new(store: Store, *whom: str) -> list[str]:
    return ["--store", store.slug, "--name", "Sale", "--message", "Hello", *whom]


def refused(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        call_command("send_campaign", *arguments)
    return error.value.returncode, str(error.value).partition(":")[0]


def test_without_yes_it_is_only_priced(draft: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "--campaign", str(draft.pk))

    assert (told["recipients"], told["credits"], told["sent"]) == (3, 3, False)
    assert Campaign.objects.get().status == "draft"
    assert (CampaignRecipient.objects.count(), money(draft)) == (0, (1000, 0))


def test_a_draft_is_sent_for_the_price(draft: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "--campaign", public_id(draft.pk, kind="cmp"), "--yes", "--max-credits", "3")

    assert (told["status"], told["sent"], told["counts"]["pending"]) == ("sending", True, 3)
    assert money(draft) == (1000, 3)
    assert draft.events.get(event="launch").actor == "command:send_campaign"


def test_a_new_one_is_written_only_when_it_is_sent(draft: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, *new(draft.store, "--all"))["campaign"] is None
    assert Campaign.objects.count() == 1

    told = said(capsys, *new(draft.store, "--all"), "--yes")

    made = Campaign.objects.latest("pk")
    assert told["campaign"] == public_id(made.pk, kind="cmp")
    assert (made.name, made.status, made.audience["kind"]) == ("Sale", "sending", "all")
    assert AuditEvent.objects.filter(action="campaign.create", actor="command:send_campaign").count() == 1


def test_it_goes_to_a_list_or_a_segment(draft: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    someone = ContactFactory.create(store=draft.store, gender="female")
    ContactListFactory.create(store=draft.store, name="Friends", contacts=[someone])
    SegmentFactory.create(store=draft.store, name="Women")

    assert said(capsys, *new(draft.store, "--list", "Friends"))["recipients"] == 1
    assert said(capsys, *new(draft.store, "--segment", "Women"))["recipients"] == 1


def test_what_makes_no_sense_is_refused(draft: Campaign, other_store: Store) -> None:
    ContactListFactory.create(store=other_store, name="Theirs")

    assert refused(*new(draft.store)) == (2, "AUDIENCE_REQUIRED")
    assert refused(*new(draft.store, "--list", "Theirs")) == (2, "AUDIENCE_NOT_FOUND")
    assert refused("--store", draft.store.slug, "--all") == (2, "CONTENT_REQUIRED")
    assert refused() == (2, "STORE_NOT_FOUND")
    assert refused("--campaign", "0") == (2, "NOT_FOUND")


def test_a_price_over_the_limit_is_refused(draft: Campaign) -> None:
    assert refused("--campaign", str(draft.pk), "--yes", "--max-credits", "2") == (1, "PRICE_TOO_HIGH")
    assert money(draft) == (1000, 0)


def test_too_few_credits_are_refused_with_the_api_s_code(store: Store) -> None:
    poor = CampaignFactory.create(store=store, people=3, credits=2)

    assert refused("--campaign", str(poor.pk), "--yes") == (1, "INSUFFICIENT_CREDITS")
    assert Campaign.objects.get().status == "draft"


def test_it_is_sent_once(draft: Campaign) -> None:
    call_command("send_campaign", "--campaign", str(draft.pk), "--yes")

    assert refused("--campaign", str(draft.pk), "--yes")[0] == 1
    assert money(draft) == (1000, 3)


def test_waiting_ends_with_the_campaign(
    draft: Campaign, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_: float) -> None:
        cancel(store_id=draft.store_id, campaign_id=draft.pk, actor=SYSTEM, reason="")

    monkeypatch.setattr("time.sleep", stop)

    assert refused("--campaign", str(draft.pk), "--yes", "--wait") == (1, "NOT_COMPLETED")
    assert "Sending [" in capsys.readouterr().err
