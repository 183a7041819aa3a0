"""Trying failures again: by class, at a price, as a run of its own with its own hold; nobody else is touched."""

import pytest

from audiences.models import Store
from billing.errors import InsufficientCredits
from billing.services import account_of, hold
from campaigns.errors import InvalidStatus, NothingToRetry, StoreStopped
from campaigns.models import Campaign, CampaignEvent, SendBatch
from campaigns.progress import read
from campaigns.queries.receipts import Change, lock_standing
from campaigns.services.again import price_of_retry, retry_failed
from campaigns.services.finish import finish
from campaigns.services.moves import cancel
from config.audit import Actor
from config.models import AuditEvent
from config.problems import NotFound
from messaging.receipts.consequences import record_changes
from messaging.sending.settle import settle
from providers.interface import Accepted, Refused, Unsure
from tests.campaigns.roads import dead, handed_over, hold_of, recipients
from tests.factories import StoreFactory
from tests.races import at_once
from tests.steps import batch_states, claimed, launched, marked, money, settlement, statuses

pytestmark = pytest.mark.django_db
BAD_NUMBER = Refused("invalid_number", "7", retryable=False)
NOT_THERE = Refused("unreachable", "absent", retryable=False)
BUSY = Refused("provider_error", "busy", retryable=True)
YES = Accepted("m-1")


def again(campaign: Campaign, actor: Actor, **options: object) -> Campaign:
    """Retry the campaign's failures."""
    return retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=actor, **options)  # type: ignore[arg-type]


def sent_again(campaign: Campaign) -> None:
    """Hand the next batch over; everybody is accepted."""
    work = claimed()
    marked(work)
    settle(settlement(work, [Accepted(f"again-{person.recipient_id}") for person in work.people]))
    finish(campaign.pk)


def test_the_price_is_told_by_class() -> None:
    campaign = handed_over([YES, NOT_THERE, NOT_THERE, BAD_NUMBER], message="x" * 161)  # two parts each

    price = price_of_retry(store_id=campaign.store_id, campaign_id=campaign.pk)

    assert price.by_class == {"unreachable": {"recipients": 2, "credits": 4}}
    assert (price.recipients, price.credits) == (2, 4)


def test_the_price_of_chosen_classes() -> None:
    campaign = handed_over([YES, NOT_THERE, BAD_NUMBER])

    price = price_of_retry(store_id=campaign.store_id, campaign_id=campaign.pk, classes=["invalid_number"])

    assert price.by_class == {"invalid_number": {"recipients": 1, "credits": 1}}


def test_only_the_failed_of_the_chosen_classes_go_out_again(actor: Actor) -> None:
    campaign = handed_over([YES, NOT_THERE, BAD_NUMBER])
    _, second, _ = recipients(campaign)

    retried = again(campaign, actor, classes=["unreachable"])

    assert retried.status == "sending"
    assert statuses(campaign) == {"sent": 1, "pending": 1, "failed": 1}
    assert [row.status for row in recipients(campaign)] == ["sent", "pending", "failed"]
    assert [person.recipient_id for person in claimed().people] == [second.pk]
    assert read(campaign.pk).failed_by_class == {"invalid_number": 1}


def test_the_hold_is_new_and_exactly_the_price(actor: Actor) -> None:
    campaign = handed_over([YES, NOT_THERE, NOT_THERE])
    assert money(campaign) == (999, 0)

    again(campaign, actor)

    hold = hold_of(campaign, run=2)
    assert (hold.amount, hold.state, hold_of(campaign).state) == (2, "open", "closed")
    assert Campaign.objects.get(pk=campaign.pk).reservation_id == hold.pk
    assert SendBatch.objects.filter(campaign=campaign, run=2).get().reservation_id == hold.pk
    assert money(campaign) == (999, 2)


def test_the_second_run_is_billed_and_finished_like_the_first(actor: Actor) -> None:
    campaign = handed_over([YES, NOT_THERE, NOT_THERE])
    again(campaign, actor)

    sent_again(campaign)

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"
    assert statuses(campaign) == {"sent": 3}
    assert money(campaign) == (997, 0)
    assert (hold_of(campaign, run=2).charged, hold_of(campaign, run=2).state) == (2, "closed")


def test_a_failed_campaign_that_is_retried_completes(actor: Actor) -> None:
    campaign = handed_over([NOT_THERE])
    assert campaign.status == "failed"
    again(campaign, actor)

    sent_again(campaign)

    assert Campaign.objects.get(pk=campaign.pk).status == "completed"


def test_a_third_run_takes_what_failed_twice(actor: Actor) -> None:
    campaign = handed_over([NOT_THERE, NOT_THERE])
    again(campaign, actor)
    work = claimed()
    marked(work)
    settle(settlement(work, [YES, NOT_THERE]))
    finish(campaign.pk)

    again(campaign, actor)
    sent_again(campaign)

    assert [row.attempt for row in recipients(campaign)] == [2, 3]
    assert [hold_of(campaign, run=run).charged for run in (1, 2, 3)] == [0, 1, 1]


def test_attempts_are_counted_on_so_that_no_reference_comes_twice(actor: Actor) -> None:
    campaign = dead([YES, BUSY])
    SendBatch.objects.filter(campaign=campaign).update(attempt=5)
    recipients(campaign).filter(status="failed").update(attempt=5)

    again(campaign, actor)

    assert marked(claimed()) == 6


def test_who_may_have_got_it_is_never_retried(actor: Actor) -> None:
    campaign = handed_over([Unsure("timeout"), YES, NOT_THERE])
    _, second, _ = recipients(campaign)
    [standing] = lock_standing([second.pk])
    record_changes([(standing, Change(second.pk, "undelivered", 8, "unreachable", "", bill=False))])

    again(campaign, actor)

    assert [row.status for row in recipients(campaign)] == ["unknown", "undelivered", "pending"]
    assert len(claimed().people) == 1


def test_the_unknown_of_the_first_run_keep_their_own_hold(actor: Actor) -> None:
    campaign = handed_over([Unsure("timeout"), NOT_THERE])
    again(campaign, actor)

    sent_again(campaign)

    assert (hold_of(campaign).remaining, hold_of(campaign).state) == (1, "open")
    assert (hold_of(campaign, run=2).remaining, hold_of(campaign, run=2).state) == (0, "closed")
    assert (money(campaign), read(campaign.pk).credits_held) == ((999, 1), 1)


def test_the_history_says_who_retried_what(actor: Actor) -> None:
    campaign = handed_over([YES, NOT_THERE])

    again(campaign, actor, classes=["unreachable", "expired"])

    event = CampaignEvent.objects.get(campaign=campaign, event="retry")
    assert (event.before, event.after, event.actor) == ("completed", "sending", "user:7")
    assert (event.reason, event.facts) == ("unreachable, expired", {"recipients": 1, "credits": 1, "run": 2})
    assert AuditEvent.objects.get(action="campaign.retry").actor == "user:7"


def test_dead_letters_that_the_retry_took_are_none_any_more(actor: Actor) -> None:
    campaign = dead([BUSY, BUSY])

    again(campaign, actor)

    assert SendBatch.objects.get(campaign=campaign, state="dead").resolution == "requeued"


def test_dead_letters_with_failures_left_stay(actor: Actor) -> None:
    campaign = dead([BUSY, BAD_NUMBER])

    again(campaign, actor, classes=["provider_error"])

    assert SendBatch.objects.get(campaign=campaign, state="dead").resolution == ""


def unchanged(campaign: Campaign) -> bool:
    """Nothing of the refused retry is left behind."""
    campaign.refresh_from_db()
    return campaign.run == 1 and not SendBatch.objects.filter(campaign=campaign, run=2).exists()


def test_nothing_to_retry_changes_nothing(actor: Actor) -> None:
    campaign = handed_over([YES, BAD_NUMBER])

    with pytest.raises(NothingToRetry):
        again(campaign, actor)

    assert unchanged(campaign)
    assert (campaign.status, money(campaign)) == ("completed", (999, 0))


def test_too_few_credits_change_nothing(actor: Actor) -> None:
    campaign = handed_over([NOT_THERE, NOT_THERE], credits=2)
    hold(store_id=campaign.store_id, amount=1, key="campaign:999999:1", label="Another")

    with pytest.raises(InsufficientCredits) as refused:
        again(campaign, actor)

    assert refused.value.facts == {"required": 2, "available": 1, "missing": 1}
    assert unchanged(campaign)
    assert statuses(campaign) == {"failed": 2}


def test_a_stopped_store_retries_nothing(actor: Actor) -> None:
    campaign = handed_over([NOT_THERE])
    Store.objects.filter(pk=campaign.store_id).update(sending_stopped=True)

    with pytest.raises(StoreStopped):
        again(campaign, actor)

    assert unchanged(campaign)


@pytest.mark.parametrize("status", ["draft", "sending", "cancelled"])
def test_only_what_has_ended_is_retried(actor: Actor, status: str) -> None:
    campaign = launched(people=1)
    if status == "cancelled":
        cancel(store_id=campaign.store_id, campaign_id=campaign.pk, actor=actor)
    if status == "draft":
        campaign = Campaign.objects.create(
            store_id=campaign.store_id, name="Draft", message="Hi", audience={"kind": "all"}, created_by="system"
        )

    with pytest.raises(InvalidStatus):
        again(campaign, actor)

    assert Campaign.objects.get(pk=campaign.pk).status == status


def test_another_stores_campaign_does_not_exist(actor: Actor) -> None:
    campaign, stranger = handed_over([NOT_THERE]), StoreFactory.create()

    with pytest.raises(NotFound):
        retry_failed(store_id=stranger.pk, campaign_id=campaign.pk, actor=actor)
    with pytest.raises(NotFound):
        price_of_retry(store_id=stranger.pk, campaign_id=campaign.pk)

    assert unchanged(campaign)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_clicks_make_one_run(actor: Actor) -> None:
    campaign = handed_over([YES, NOT_THERE, NOT_THERE])

    answers = at_once(6, lambda _: again(campaign, actor))

    assert sum(isinstance(answer, Campaign) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidStatus) for answer in answers) == 5
    assert batch_states(campaign) == ["done", "ready"]
    assert account_of(campaign.store_id).held == 2
