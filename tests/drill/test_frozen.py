"""A worker that sleeps longer than its lease and wakes up when others have taken over."""

import pytest

from campaigns.models import SendBatch
from campaigns.services.finish import finish_drained
from campaigns.services.moves import cancel, pause
from config.audit import SYSTEM
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.sender import send_next
from tests.drill.deaths import SEND, StoppedAt, phones, received
from tests.drill.test_send_points import expire_now, give_up_now
from tests.simulator import Simulator
from tests.steps import batch_states, launched, money, statuses

pytestmark = [
    pytest.mark.flow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_broker", "account", "sound"),
]


def test_frozen_before_the_mark_it_finds_its_batch_taken_and_calls_nobody(simulator: Simulator) -> None:
    campaign = launched(people=3)

    with StoppedAt("claim.committed", SEND) as worker:
        assert expire_now() == 1
        send_next()
        assert received(simulator, campaign) == phones(campaign)
        assert worker.wake() == 0

    assert received(simulator, campaign) == phones(campaign)
    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))


def test_frozen_before_the_mark_it_may_not_call_although_nobody_took_its_batch(simulator: Simulator) -> None:
    campaign = launched(people=3)

    with StoppedAt("claim.committed", SEND, SEND_LEASE_SECONDS="1") as worker:
        SendBatch.objects.update(lease_until="2020-01-01T00:00:00Z")
        assert worker.wake() == 0

    # It gave the batch back and took it anew, under a lease that holds.
    assert received(simulator, campaign) == phones(campaign)
    assert SendBatch.objects.get().fence == 2


def test_frozen_after_the_mark_it_is_the_only_one_who_sends_and_its_late_word_counts(simulator: Simulator) -> None:
    campaign = launched(people=3)

    with StoppedAt("mark.committed", SEND) as worker:
        assert give_up_now()["unknown"] == 3
        send_next()
        assert received(simulator, campaign) == []
        assert worker.wake() == 0

    assert received(simulator, campaign) == phones(campaign)
    assert (batch_states(campaign), statuses(campaign)) == (["done"], {"sent": 3})
    finish_drained(limit=10)
    assert money(campaign) == (997, 0)


def test_frozen_inside_the_settle_it_keeps_nobody_waiting_for_long(simulator: Simulator) -> None:
    campaign = launched(people=3)

    with StoppedAt("settle.before_commit", SEND) as worker:
        assert give_up_calls(limit=10) == {"calls": 0, "unknown": 0}  # its row is locked: the sweep goes on without
        assert statuses(campaign) == {"pending": 3}
        assert worker.wake() == 0

    assert received(simulator, campaign) == phones(campaign)
    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))


@pytest.mark.parametrize("stop", [pause, cancel])
def test_frozen_before_the_mark_it_sees_that_somebody_said_stop(simulator: Simulator, stop: object) -> None:
    campaign = launched(people=3)

    with StoppedAt("claim.committed", SEND) as worker:
        stop(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)  # type: ignore[operator]
        assert worker.wake() == 0

    assert received(simulator, campaign) == []
    assert (batch_states(campaign), statuses(campaign)) == (["ready"], {"pending": 3})


def test_two_frozen_before_the_mark_only_the_one_with_the_newer_fence_may_call(simulator: Simulator) -> None:
    campaign = launched(people=3)

    with StoppedAt("claim.committed", SEND) as old:
        assert expire_now() == 1
        with StoppedAt("claim.committed", SEND) as new:
            assert old.wake() == 0
            assert received(simulator, campaign) == []
            assert new.wake() == 0

    assert received(simulator, campaign) == phones(campaign)
    assert (statuses(campaign), money(campaign)) == ({"sent": 3}, (997, 0))
