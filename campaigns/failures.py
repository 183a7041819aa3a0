"""Why recipients did not get a campaign: grouped by class, in plain words, with what can be done and what it costs."""

from typing import NamedTuple

from campaigns import meanings
from campaigns.models import Campaign
from campaigns.progress import Progress, read
from campaigns.queries.watching import Code, sample_of_codes
from campaigns.states import CAMPAIGN

SAMPLE_BATCHES = 10
CODES = 5


class Group(NamedTuple):
    """Recipients that failed, did not arrive or were skipped for one reason. `share`: of the whole audience.

    `codes`: the provider's words in a sample of the latest batches, with how often they stand there. `retry_credits`:
    what trying them again would hold, about; `retry-price` says it exactly.
    """

    status: str
    reason: str
    title: str
    words: str
    advice: str
    recipients: int
    share: float
    codes: list[Code]
    retryable: bool
    retry_credits: int | None


class Failures(NamedTuple):
    """Groups, the largest first within each status. Unknown and unconfirmed are no failures: they may have arrived."""

    groups: list[Group]
    failed: int
    undelivered: int
    skipped: int
    unknown: int
    unconfirmed: int
    unknown_words: str
    retry_possible: bool
    retry_recipients: int
    retry_credits: int


def failures(campaign: Campaign) -> Failures:
    """From the counters by reason; the codes from a bounded sample of batches, so that the size does not matter."""
    progress = read(campaign.pk)
    codes = sample_of_codes(campaign_id=campaign.pk, batches=SAMPLE_BATCHES) if _any(progress) else []
    each = campaign.quote.credits / campaign.quote.recipients if campaign.quote and campaign.quote.recipients else 0.0
    groups = [
        _group(status, reason, number, progress=progress, codes=codes, each=each)
        for status, counts in _by_status(progress)
        for reason, number in counts.items()
    ]
    again = [group for group in groups if group.retryable]
    return Failures(
        groups=groups,
        **{name: progress.counts[name] for name in ("failed", "undelivered", "skipped", "unknown", "unconfirmed")},
        unknown_words=meanings.STATUSES["unknown"],
        retry_possible=bool(again) and campaign.status in CAMPAIGN.moves["retry"].sources,
        retry_recipients=sum(group.recipients for group in again),
        retry_credits=sum(group.retry_credits or 0 for group in again),
    )


def _any(progress: Progress) -> bool:
    return bool(progress.counts["failed"] or progress.counts["undelivered"])


def _by_status(progress: Progress) -> list[tuple[str, dict[str, int]]]:
    return [
        ("failed", progress.failed_by_class),
        ("undelivered", progress.undelivered_by_class),
        ("skipped", progress.skipped_by_reason),
    ]


def _group(status: str, reason: str, number: int, *, progress: Progress, codes: list[Code], each: float) -> Group:
    meaning = meanings.skip(reason) if status == "skipped" else meanings.failure(reason)
    # Only what certainly did not reach a phone is ever tried again.
    retryable = status == "failed" and meanings.retryable(reason)
    return Group(
        status=status,
        reason=reason,
        title=meaning.title,
        words=meaning.words,
        advice=meaning.advice,
        recipients=number,
        share=round(number / progress.audience, 4) if progress.audience else 0.0,
        codes=[code for code in codes if (code.status, code.reason) == (status, reason)][:CODES],
        retryable=retryable,
        retry_credits=round(number * each) if status == "failed" else None,
    )
