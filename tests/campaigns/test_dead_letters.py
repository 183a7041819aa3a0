"""Batches that ran out of hand-overs: listed, sent again as a new run, or left; each once."""

import json

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from audiences.models import Store
from campaigns.dead_letters import waiting
from campaigns.errors import InvalidStatus, NothingToRetry, StoreStopped
from campaigns.models import Campaign, SendBatch
from campaigns.services.again import NotADeadLetter, discard, requeue
from campaigns.services.finish import finish
from campaigns.services.moves import cancel
from campaigns.snapshot import _chunk, prepare
from config.audit import Actor
from config.models import AuditEvent
from config.opaque import public_id
from messaging.sending.settle import settle
from providers.interface import Accepted, Refused, Unsure
from tests.campaigns.roads import dead, handed_over, hold_of
from tests.races import at_once
from tests.steps import batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db
BUSY = Refused("provider_error", "busy", retryable=True)
BAD_NUMBER = Refused("invalid_number", "7", retryable=False)
YES = Accepted("m-1")
REFUSED = [["--batch", "1"], ["--discard", "bat_x", "--reason", "x"], ["--list", "--batch", "1"]]


def letter(campaign: Campaign) -> SendBatch:
    """The campaign's dead batch."""
    return SendBatch.objects.get(campaign=campaign, state="dead")


def test_a_batch_that_was_refused_for_the_last_time_is_a_dead_letter() -> None:
    campaign = dead([YES, BUSY, BUSY])

    [found] = waiting()

    assert (found.pk, found.failed, found.error_class) == (letter(campaign).pk, 2, "provider_error")  # type: ignore[attr-defined]
    assert statuses(campaign) == {"sent": 1, "failed": 2}
    assert money(campaign) == (999, 0)


def test_an_invalid_number_makes_no_dead_letter() -> None:
    handed_over([YES, BAD_NUMBER])

    assert not waiting().exists()


def test_a_store_sees_its_own_only() -> None:
    mine, other = dead([BUSY]), dead([BUSY])

    assert [batch.campaign_id for batch in waiting(store_id=mine.store_id)] == [mine.pk]
    assert waiting().count() == 2
    assert other.store_id != mine.store_id


def test_requeued_its_failed_recipients_are_sent_with_a_new_hold(actor: Actor) -> None:
    campaign = dead([YES, BUSY, BUSY])

    assert requeue(batch_id=letter(campaign).pk, actor=actor, reason="back again") == 2

    assert money(campaign) == (999, 2)
    work = claimed()
    marked(work)
    settle(settlement(work, [Accepted("m-2"), Accepted("m-3")]))
    finish(campaign.pk)
    assert statuses(campaign) == {"sent": 3}
    assert money(campaign) == (997, 0)
    assert (letter(campaign).resolution, waiting().count()) == ("requeued", 0)
    assert (line := AuditEvent.objects.get(action="batch.requeue")).reason == "back again"
    assert (line.store_id, line.actor) == (campaign.store_id, "user:7")


def test_the_unknown_of_a_dead_letter_stay_what_they_are(actor: Actor) -> None:
    campaign = dead([Unsure("timeout"), BUSY])

    requeue(batch_id=letter(campaign).pk, actor=actor)

    assert statuses(campaign) == {"unknown": 1, "pending": 1}
    assert (hold_of(campaign).remaining, hold_of(campaign, run=2).remaining) == (1, 1)


def test_while_its_campaign_is_sending_the_rest_goes_on_with_its_own_hold(actor: Actor, settings: Settings) -> None:
    settings.SNAPSHOT_CHUNK, settings.SNAPSHOT_INLINE_MAX = 20, 0
    campaign = launched(people=45)
    _chunk(campaign.pk)  # the first people only
    work = claimed()
    marked(work)
    settle(settlement(work, [BUSY] * len(work.people), spent=6))

    requeue(batch_id=letter(campaign).pk, actor=actor)
    prepare(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.run, campaign.reservation_id) == ("sending", 2, hold_of(campaign).pk)
    assert statuses(campaign) == {"pending": 45}
    assert money(campaign) == (1000, 45)


def test_discarded_it_is_left_as_it_is(actor: Actor) -> None:
    campaign = dead([BUSY])

    discard(batch_id=letter(campaign).pk, actor=actor, reason="old news")

    assert statuses(campaign) == {"failed": 1}
    assert (letter(campaign).resolution, waiting().count(), batch_states(campaign)) == ("discarded", 0, ["dead"])
    assert AuditEvent.objects.get(action="batch.discard").reason == "old news"


@pytest.mark.parametrize("first", [requeue, discard])
@pytest.mark.parametrize("second", [requeue, discard])
def test_it_is_handled_once(actor: Actor, first: object, second: object) -> None:
    campaign = dead([BUSY])
    first(batch_id=letter(campaign).pk, actor=actor)  # type: ignore[operator]
    before = (statuses(campaign), money(campaign), letter(campaign).resolution)

    with pytest.raises(NotADeadLetter):
        second(batch_id=letter(campaign).pk, actor=actor)  # type: ignore[operator]

    assert (statuses(campaign), money(campaign), letter(campaign).resolution) == before


def test_a_batch_that_is_done_is_no_dead_letter(actor: Actor) -> None:
    campaign = handed_over()

    with pytest.raises(NotADeadLetter):
        requeue(batch_id=SendBatch.objects.get(campaign=campaign).pk, actor=actor)

    assert batch_states(campaign) == ["done"]


def test_a_cancelled_campaign_sends_nothing_again(actor: Actor) -> None:
    campaign = launched(people=45)
    work = claimed()
    marked(work)
    settle(settlement(work, [BUSY] * len(work.people), spent=6))
    cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=actor)

    with pytest.raises(InvalidStatus):
        requeue(batch_id=letter(campaign).pk, actor=actor)

    assert letter(campaign).resolution == ""


def test_a_stopped_store_sends_nothing_again(actor: Actor) -> None:
    campaign = dead([BUSY])
    Store.objects.filter(pk=campaign.store_id).update(sending_stopped=True)

    with pytest.raises(StoreStopped):
        requeue(batch_id=letter(campaign).pk, actor=actor)

    assert (letter(campaign).resolution, money(campaign)) == ("", (1000, 0))


def test_a_letter_that_nobody_failed_in_stays(actor: Actor) -> None:
    campaign = dead([BUSY])
    campaign.recipients.update(batch_id=0)

    with pytest.raises(NothingToRetry):
        requeue(batch_id=letter(campaign).pk, actor=actor)

    assert letter(campaign).resolution == ""


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_hands_requeue_it_once(actor: Actor) -> None:
    campaign = dead([BUSY, BUSY])
    batch_id = letter(campaign).pk

    answers = at_once(6, lambda _: requeue(batch_id=batch_id, actor=actor))

    assert [answer for answer in answers if answer == 2] == [2]
    assert sum(isinstance(answer, NotADeadLetter) for answer in answers) == 5
    assert money(campaign) == (1000, 2)


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    campaign = dead([BUSY, YES])

    call_command("requeue", "--list", "--json")

    [row] = json.loads(capsys.readouterr().out)["dead_letters"]
    assert (row["batch"], row["campaign"], row["failed"], row["error_class"]) == (
        letter(campaign).pk,
        campaign.pk,
        1,
        "provider_error",
    )


def test_the_command_requeues_and_discards(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = dead([BUSY]), dead([BUSY])

    call_command("requeue", "--batch", str(letter(one).pk), "--reason", "back again", "--json")
    call_command("requeue", "--discard", public_id(letter(two).pk, kind="bat"), "--reason", "old", "--json")

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said == [{"batch": letter(one).pk, "requeued": 1}, {"batch": letter(two).pk, "discarded": True}]
    assert [letter(one).resolution, letter(two).resolution] == ["requeued", "discarded"]
    assert AuditEvent.objects.get(action="batch.requeue").actor == "command:requeue"


@pytest.mark.parametrize(
    "arguments", [["--batch", "1"], ["--discard", "bat_x", "--reason", "x"], ["--list", "--batch", "1"]]
)
def test_the_command_needs_a_reason_and_one_thing_to_do(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("requeue", *arguments)

    assert not AuditEvent.objects.exists()


def test_the_command_says_why_not() -> None:
    campaign = handed_over()
    batch_id = SendBatch.objects.get(campaign=campaign).pk

    with pytest.raises(CommandError, match=r"INVALID_STATUS: This batch is no dead letter"):
        call_command("requeue", "--batch", str(batch_id), "--reason", "x")
