"""The road of a campaign, step by step, for tests that stop somewhere on it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum

from billing.drift import find_drift
from billing.models import CreditReservation, LedgerEntry
from billing.services import account_of
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.progress import STATUSES, read, recount
from campaigns.queries.claim import mark_calling
from campaigns.services.launch import launch
from config.audit import SYSTEM
from messaging.sending.claim import Work, claim
from messaging.sending.settle import Settlement
from providers.interface import Accepted, Outcome
from tests.factories import CampaignFactory


def launched(**columns: Any) -> Campaign:
    """A campaign that is sending, its recipients written down: `people=3`, `credits=…`, `message=…`, `store=…`."""
    campaign = CampaignFactory.create(**{"people": 3, **columns})
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    return Campaign.objects.get(pk=campaign.pk)


def claimed() -> Work:
    """The next batch, claimed; there must be one."""
    work = claim("worker")
    assert work
    return work


def marked(work: Work, *, account_id: int = 1) -> int:
    """The claimed batch, marked as calling; its attempt's number."""
    attempt = mark_calling(batch_id=work.batch.batch_id, fence=work.batch.fence, account_id=account_id)
    assert attempt
    return attempt


def settlement(work: Work, outcomes: Sequence[Outcome] | None = None, **changes: Any) -> Settlement:
    """What a hand-over of `work` came to; without outcomes everybody was accepted."""
    ids = [person.recipient_id for person in work.people]
    found = outcomes if outcomes is not None else [Accepted(f"id-{number}") for number in ids]
    whole = Settlement(
        batch_id=work.batch.batch_id,
        fence=work.batch.fence,
        attempt=work.batch.attempt + 1,
        spent=work.batch.spent + 1,
        campaign_id=work.batch.campaign_id,
        store_id=work.batch.store_id,
        reservation_id=work.batch.reservation_id,
        account_id=1,
        campaign_name=work.campaign_name,
        recipient_ids=ids,
        texts=[person.text for person in work.people],
        outcomes=found,
        retry_after=None,
        not_sent=False,
        note="",
    )
    return whole._replace(**changes)


def statuses(campaign: Campaign) -> dict[str, int]:
    """Recipients by status, as the rows say; only what there is."""
    return {name: number for name, number in recount(campaign.pk).items() if number and name != "audience"}


def batch_states(campaign: Campaign) -> list[str]:
    """The states of the campaign's batches, oldest first."""
    return list(SendBatch.objects.filter(campaign=campaign).order_by("pk").values_list("state", flat=True))


def due_now(campaign: Campaign) -> None:
    """Let the campaign's waiting batches be due at once."""
    SendBatch.objects.filter(campaign=campaign, state="ready").update(ready_at="2020-01-01T00:00:00Z")


def money(campaign: Campaign) -> tuple[int, int]:
    """(balance, held) of the campaign's store, in credits."""
    account = account_of(campaign.store_id)
    return account.balance, account.held


def assert_sound() -> None:
    """Whatever happened: counters are what the rows say, every credit is where the recipients say, nothing drifted."""
    assert find_drift() == []
    for campaign in Campaign.objects.exclude(reservation=None):
        progress, rows = read(campaign.pk), recount(campaign.pk)
        assert {name: progress.counts[name] for name in STATUSES} == {name: rows[name] for name in STATUSES}
        assert progress.audience == rows["audience"]
        assert _by_minutes(campaign) == (
            sum(rows[name] for name in ("sent", "delivered", "undelivered")),
            rows["delivered"],
            progress.parts_sent,
            progress.credits_charged,
        )
        recipients = CampaignRecipient.objects.filter(campaign=campaign)
        accepted = recipients.filter(status__in=["sent", "delivered", "undelivered"])
        billed = sum(recipients.values_list("charged", flat=True))
        assert billed == sum(accepted.values_list("credits", flat=True)) == progress.credits_charged
        assert progress.parts_sent == sum(accepted.values_list("parts", flat=True))
        assert billed == -sum(_entries(campaign).values_list("amount", flat=True))


def assert_holds_match(campaign: Campaign) -> None:
    """For an ended campaign: what is still held is exactly what pending and unknown recipients may cost."""
    hold = CreditReservation.objects.get(key=f"campaign:{campaign.pk}:1")
    waiting = CampaignRecipient.objects.filter(campaign=campaign, status__in=["pending", "unknown"])
    assert hold.remaining == sum(waiting.values_list("credits", flat=True))
    assert hold.state == ("open" if waiting else "closed")


def _by_minutes(campaign: Campaign) -> tuple[int, ...]:
    """(accepted, delivered, parts, credits) as the minutes say."""
    sums = campaign.minutes.aggregate(
        **{name: Sum(name, default=0) for name in ("sent", "delivered", "parts", "credits")}
    )
    return tuple(sums.values())


def _entries(campaign: Campaign) -> Any:
    recipients = CampaignRecipient.objects.filter(campaign=campaign).values_list("pk", flat=True)
    late = LedgerEntry.objects.filter(key__in=[f"late:{number}" for number in recipients])
    batches = SendBatch.objects.filter(campaign=campaign).values_list("pk", flat=True)
    return late | LedgerEntry.objects.filter(key__regex=rf"^batch:({'|'.join(map(str, batches)) or '0'}):")
