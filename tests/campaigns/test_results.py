"""How a campaign did: shares, speed, money, retries, opt-outs; and why some did not get it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import ConsentEvent
from audiences.services.consent import change_consent
from campaigns import meanings
from campaigns.failures import failures
from campaigns.metrics import measure
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient, LatencyCount
from campaigns.services.again import retry_failed
from campaigns.states import BATCH, CAMPAIGN, ERROR_CLASSES, RECIPIENT, SKIP_REASONS
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.campaigns.roads import handed_over, recipients
from tests.factories import CampaignFactory, ProviderAccountFactory
from tests.messaging.words import applied, receipt
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db
NUMBER = Refused("invalid_number", "21211", retryable=False)
FAULT = Refused("provider_error", "E5", retryable=False)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here, known as the one of `marked`."""
    return ProviderAccountFactory.create(pk=1)


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_related("quote").get(pk=campaign.pk)


# Metrics ------------------------------------------------------------------------------------------------------------


def test_a_draft_has_metrics_of_nothing() -> None:
    found = measure(CampaignFactory.create())

    assert set(found.rates) == {None}
    assert (found.speed.seconds, found.latency.p50, found.money.per_delivered, found.opt_outs) == (None, None, None, 0)


def test_shares_are_of_those_who_could_have_been_there(account: ProviderAccount) -> None:
    outcomes: list[Outcome] = [*(Accepted(str(n)) for n in range(8)), NUMBER, Unsure("timeout")]
    campaign = handed_over(outcomes, message="x" * 161)
    rows = list(recipients(campaign))
    applied(account, *(receipt(row) for row in rows[:6]), receipt(rows[6], "undelivered"))

    found = measure(fresh(campaign))

    assert found.rates == (0.8, 0.75, 0.125, 0.125, 0.1, 0.0)
    assert (found.money.parts_sent, found.money.credits_charged, found.money.credits_expected) == (16, 16, 20)
    assert found.money.per_delivered == 2.667
    assert found.counts["delivered"] == 6


def test_speed_is_from_the_first_to_the_last() -> None:
    campaign = handed_over([Accepted(str(n)) for n in range(20)])
    now = timezone.now()
    CampaignProgress.objects.filter(pk=campaign.pk).update(first_sent_at=now - timedelta(seconds=10), last_sent_at=now)

    speed = measure(fresh(campaign)).speed

    assert (speed.seconds, speed.messages_per_second, speed.parts_per_second) == (10.0, 2.0, 2.0)
    assert speed.best_minute == 20


def test_latency_is_of_all_that_were_counted() -> None:
    campaign = handed_over()
    LatencyCount.objects.bulk_create(
        LatencyCount(campaign=campaign, bucket=bucket, count=count) for bucket, count in [(4, 90), (14, 10)]
    )

    found = measure(fresh(campaign)).latency

    assert found.measured == 100
    assert found.p50 == pytest.approx(1.75, abs=0.4)
    assert found.p95 == pytest.approx(24.5, abs=3)


def test_second_attempts_have_a_success() -> None:
    campaign = handed_over([FAULT, FAULT, Accepted("1")])
    retry_failed(store_id=campaign.store_id, campaign_id=campaign.pk, actor=SYSTEM)
    work = claimed()
    marked(work)
    settle(settlement(work, [Accepted("2"), FAULT]))

    found = measure(fresh(campaign)).retries

    assert found == (2, 2, 0, 2, 1, 0.5)


def test_it_costs_the_same_for_every_size(django_assert_max_num_queries: Any) -> None:
    campaign = handed_over([Accepted(str(n)) for n in range(20)])

    with django_assert_max_num_queries(10):
        measure(fresh(campaign))


# Opt-outs -----------------------------------------------------------------------------------------------------------


def opted_out(row: CampaignRecipient) -> None:
    change_consent(
        store_id=row.store_id, contact_id=row.contact_id or 0, consent="opted_out", source="stop", actor=SYSTEM
    )


def test_opt_outs_are_put_down_to_the_campaign_that_texted_last() -> None:
    first = handed_over([Accepted("1"), Accepted("2"), Accepted("3")])
    long_ago = timezone.now() - timedelta(days=2)
    recipients(first).update(sent_at=long_ago)
    CampaignProgress.objects.filter(pk=first.pk).update(first_sent_at=long_ago, last_sent_at=long_ago)
    rows = list(recipients(first))
    second = launched(store=first.store, people=0, credits=0)
    work = claimed()
    marked(work)
    rest: list[Outcome] = [Accepted("4"), FAULT, Accepted("5")]
    settle(settlement(work, rest))
    opted_out(rows[0])  # texted by both
    opted_out(rows[1])  # by the first alone: the second failed

    assert (measure(fresh(first)).opt_outs, measure(fresh(second)).opt_outs) == (1, 1)
    assert measure(fresh(first)).opt_out_rate == 0.3333


def test_who_opted_out_much_later_had_other_reasons() -> None:
    campaign = handed_over([Accepted("1")])
    long_ago = timezone.now() - timedelta(days=9)
    recipients(campaign).update(sent_at=long_ago)
    CampaignProgress.objects.filter(pk=campaign.pk).update(first_sent_at=long_ago, last_sent_at=long_ago)

    opted_out(recipients(campaign)[0])

    assert ConsentEvent.objects.filter(after="opted_out").count() == 1
    assert measure(fresh(campaign)).opt_outs == 0


# Failures -----------------------------------------------------------------------------------------------------------


def test_failures_are_told_by_reason_in_plain_words() -> None:
    campaign = handed_over([NUMBER, NUMBER, FAULT, Accepted("1")], message="x" * 161)

    found = failures(fresh(campaign))

    number, fault = found.groups
    assert (number.reason, number.recipients, number.share, number.retryable) == ("invalid_number", 2, 0.5, False)
    assert "does not exist" in number.title
    assert [(code.code, code.number) for code in number.codes] == [("21211", 2)]
    assert (fault.reason, fault.recipients, fault.retryable, fault.retry_credits) == ("provider_error", 1, True, 2)
    assert (found.retry_possible, found.retry_recipients, found.retry_credits) == (True, 1, 2)


def test_what_may_have_arrived_is_no_failure_and_never_tried_again(account: ProviderAccount) -> None:
    campaign = handed_over([Unsure("timeout"), Accepted("1"), Accepted("2")])
    applied(account, receipt(recipients(campaign)[1], "undelivered", error_class="unreachable", error_code="27"))

    found = failures(fresh(campaign))

    [group] = found.groups
    assert (group.status, group.reason, group.retryable, group.retry_credits) == (
        "undelivered",
        "unreachable",
        False,
        None,
    )
    assert [code.code for code in group.codes] == ["27"]
    assert (found.unknown, found.failed, found.retry_possible) == (1, 0, False)
    assert "not sent a second time" in found.unknown_words


def test_skips_have_words_of_their_own() -> None:
    campaign = launched(people=2)
    campaign.store.contacts.update(consent="opted_out")
    claimed()

    [group] = failures(fresh(campaign)).groups

    assert (group.status, group.reason, group.recipients, group.title) == ("skipped", "opted_out", 2, "Opted out")


def test_while_it_is_sent_nothing_is_retried() -> None:
    campaign = launched(people=25)
    work = claimed()
    marked(work)
    settle(settlement(work, [FAULT] * 20))

    found = failures(fresh(campaign))

    assert (found.retry_possible, found.retry_recipients) == (False, 20)


def test_everything_has_words() -> None:
    assert set(meanings.FAILURES) == set(ERROR_CLASSES)
    assert set(meanings.SKIPS) == set(SKIP_REASONS)
    assert set(meanings.STATUSES) == set(RECIPIENT.states)
    assert set(meanings.BATCHES) == set(BATCH.states)
    assert set(CAMPAIGN.moves) <= set(meanings.EVENTS)
    assert meanings.failure("new_class") == meanings.FAILURES["other"]
    assert meanings.skip("expired") == meanings.FAILURES["expired"]
    assert meanings.event("rest_skipped") == "Rest skipped."
