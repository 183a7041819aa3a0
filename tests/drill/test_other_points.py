"""Everybody else killed at a named place: web, the snapshot's task, the drain, the end of a campaign, the sweeps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import CreditReservation
from campaigns import snapshot
from campaigns.hold import close_orphans
from campaigns.models import Campaign, CampaignRecipient, CampaignSnapshot
from campaigns.progress import read
from campaigns.services.finish import close_cancelled, finish_drained
from campaigns.services.launch import launch
from campaigns.services.moves import cancel
from config.audit import SYSTEM
from messaging.models import ProviderAccount, Receipt
from messaging.receipts import inbox
from messaging.receipts.apply import drain
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.sender import send_next
from messaging.unknown import give_up_overdue
from providers.interface import Receipt as Told
from tests.drill.deaths import DRAIN, SEND, die_at, phones, received
from tests.factories import CampaignFactory
from tests.simulator import Simulator
from tests.steps import assert_holds_match, batch_states, claimed, launched, marked, money, statuses

pytestmark = [
    pytest.mark.flow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_broker", "account", "sound"),
]


def launch_code(campaign: Campaign) -> str:
    return (
        "from campaigns.services.launch import launch; from config.audit import SYSTEM; "
        f"launch(store_id={campaign.store_id}, campaign_id={campaign.pk}, quote_id=None, actor=SYSTEM)"
    )


def prepare_code(campaign: Campaign) -> str:
    return f"from campaigns.snapshot import prepare; prepare({campaign.pk})"


def resume_snapshots() -> list[int]:
    """The sweep of snapshots that nobody goes on with, as if a minute had passed."""
    CampaignSnapshot.objects.update(touched_at=timezone.now() - timedelta(minutes=2))
    found = snapshot.unfinished(older_than_seconds=60, limit=10)
    for campaign_id in found:
        snapshot.prepare(campaign_id)
    return found


def told(simulator: Simulator, campaign: Campaign) -> list[Told]:
    """What the provider would push about the campaign's recipients."""
    numbers = set(received(simulator, campaign))
    return [
        Told(item["message_id"], item["reference"], item["message_id"], "delivered", "Delivered")
        for item in simulator.received()
        if item["destination"] in numbers
    ]


def receive_code(account: ProviderAccount, receipts: list[Told]) -> str:
    return (
        "from messaging.models import ProviderAccount; from messaging.receipts import inbox; "
        "from providers.interface import Receipt; "
        f"inbox.store(ProviderAccount.objects.get(pk={account.pk}), {[Told(*one) for one in receipts]!r})"
    )


# Launch and snapshot ------------------------------------------------------------------------------------------------


def test_killed_after_the_launch_is_written_down_by_the_sweep(simulator: Simulator) -> None:
    campaign = CampaignFactory.create(people=3)

    die_at("launch.committed", launch_code(campaign))

    assert (read(campaign.pk).status, read(campaign.pk).audience, money(campaign)) == ("sending", 0, (1000, 3))
    assert snapshot.unfinished(older_than_seconds=60, limit=10) == []  # whoever is at it has a minute
    assert resume_snapshots() == [campaign.pk]
    send_next()
    assert received(simulator, campaign) == phones(campaign)
    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))


def test_clicking_again_after_it_was_killed_does_not_hold_twice(simulator: Simulator) -> None:
    campaign = CampaignFactory.create(people=3)

    die_at("launch.committed", launch_code(campaign))

    with pytest.raises(Exception, match="already"):
        launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    assert money(campaign) == (1000, 3)
    assert CreditReservation.objects.count() == 1


@pytest.mark.parametrize(("point", "written"), [("snapshot.before_commit@2", 2), ("snapshot.committed@2", 4)])
def test_killed_in_the_snapshot_goes_on_at_its_cursor(simulator: Simulator, point: str, written: int) -> None:
    campaign = CampaignFactory.create(people=5)

    die_at(point, launch_code(campaign), SNAPSHOT_CHUNK="2")

    assert CampaignRecipient.objects.count() == written
    assert resume_snapshots() == [campaign.pk]
    send_next()
    assert len(set(received(simulator, campaign))) == len(received(simulator, campaign)) == 5
    assert (read(campaign.pk).status, money(campaign)) == ("completed", (995, 0))


# Receipts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("point", "stored"), [("receipt.before_commit", 0), ("receipt.committed", 3)])
def test_killed_while_it_takes_receipts_in_has_them_once_when_they_come_again(
    simulator: Simulator, account: ProviderAccount, point: str, stored: int
) -> None:
    campaign = launched(people=3)
    send_next()
    receipts = told(simulator, campaign)

    die_at(point, receive_code(account, receipts))

    assert Receipt.objects.count() == stored
    inbox.store(account, receipts)  # the provider got no 200
    assert Receipt.objects.count() == 3
    drain()
    assert (statuses(campaign), money(campaign)) == ({"delivered": 3}, (997, 0))


@pytest.mark.parametrize(
    ("point", "left"), [("drain.before_commit", {"unknown": 3}), ("drain.committed", {"delivered": 3})]
)
def test_killed_in_the_drain_bills_late_evidence_once(
    simulator: Simulator, account: ProviderAccount, point: str, left: dict[str, int]
) -> None:
    campaign = launched(people=3)
    die_at("call.answered", SEND)
    Campaign.objects.update(updated_at=timezone.now())
    campaign.batches.update(called_at=timezone.now() - timedelta(hours=1))
    give_up_calls(limit=10)
    finish_drained(limit=10)
    inbox.store(account, told(simulator, campaign))

    die_at(point, DRAIN)

    assert statuses(campaign) == left
    drain()
    close_orphans(limit=10)
    assert (statuses(campaign), money(campaign)) == ({"delivered": 3}, (997, 0))
    assert_holds_match(campaign)


# The end ------------------------------------------------------------------------------------------------------------


def test_killed_inside_the_finish_is_finished_by_the_sweep(simulator: Simulator) -> None:
    campaign = launched(people=3)

    die_at("finish.before_commit", SEND)

    assert (read(campaign.pk).status, money(campaign)) == ("sending", (997, 0))
    assert finish_drained(limit=10) == {"found": 1, "finished": 1}
    assert read(campaign.pk).status == "completed"
    assert received(simulator, campaign) == phones(campaign)


def test_killed_after_the_finish_keeps_nothing_held_for_long(simulator: Simulator) -> None:
    simulator.plan(faults={"partial": 1.0}, partial_share=0.0, numbers={"": "invalid"})
    campaign = launched(people=3)

    die_at("finish.committed", SEND)

    assert (read(campaign.pk).status, statuses(campaign)) == ("failed", {"failed": 3})
    assert money(campaign) == (1000, 3)
    assert close_orphans(limit=10) == {"found": 1, "credits_released": 3}  # within 30 s
    assert money(campaign) == (1000, 0)


def test_killed_while_it_closes_a_cancelled_campaign_gives_everything_back_once() -> None:
    campaign = launched(people=45)
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)

    die_at(
        "close_cancelled.before_commit@2",
        "from campaigns.services.finish import close_cancelled; close_cancelled(limit=9)",
    )

    assert sorted(batch_states(campaign)) == ["cancelled", "ready", "ready"]
    assert close_cancelled(limit=9)["batches"] == 2
    assert (statuses(campaign), money(campaign)) == ({"cancelled": 45}, (1000, 0))


def test_killed_while_it_gives_up_the_unknown_gives_them_up_once() -> None:
    campaign = launched(people=3)
    marked(claimed())
    campaign.batches.update(called_at=timezone.now() - timedelta(hours=1))
    give_up_calls(limit=10)
    finish_drained(limit=10)

    die_at(
        "give_up.before_commit",
        "from messaging.unknown import give_up_overdue; give_up_overdue(limit=9, deadline_hours=0)",
    )

    assert (statuses(campaign), money(campaign)) == ({"unknown": 3}, (1000, 3))
    assert give_up_overdue(limit=9, deadline_hours=0) == {"batches": 1, "recipients": 3}
    assert (statuses(campaign), money(campaign)) == ({"unconfirmed": 3}, (1000, 0))
