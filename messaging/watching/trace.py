"""Why one person got a campaign, or did not: consent, price, batches, calls, receipts and money, in one order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from audiences.models import ConsentEvent, Suppression
from billing.models import LedgerEntry
from campaigns import meanings
from campaigns.models import Campaign, CampaignEvent, CampaignLink, CampaignRecipient, SendBatch
from config.opaque import public_id
from messaging.models import Click, MessageLog
from messaging.watching.words import CLICKS, OUTCOMES
from providers.interface import RANKS

SHOWN = 100  # of each kind: nobody reads more, and nobody's history grows without end


class Step(NamedTuple):
    """One thing. `order` puts what happened at the same moment into the order of cause."""

    at: datetime | None
    code: str
    words: str
    facts: dict[str, Any]
    order: int = 5


class Trace(NamedTuple):
    """The recipient, what came of them in words, and the steps, oldest first."""

    recipient: CampaignRecipient
    verdict: dict[str, str]
    steps: list[Step]


def trace(*, campaign: Campaign, recipient: CampaignRecipient) -> Trace:
    """Everything about a recipient: eleven look-ups by key, whatever the campaign's size.

    Indexes: log_recipient, click_recipient, the contact's events, campaignevent_campaign, the ledger's key.
    """
    log = list(MessageLog.objects.filter(recipient_id=recipient.pk).order_by("pk")[:SHOWN])
    steps = [
        *_consent(recipient),
        *_price(campaign),
        *_life(campaign),
        *_prepared(campaign, recipient),
        *_batch(recipient),
        *_evidence(log),
        *_clicks(recipient),
        *_money(recipient, log),
    ]
    steps.sort(key=lambda step: (step.at is None, step.at and step.at.timestamp(), step.order))
    return Trace(recipient, verdict(recipient), [*steps, _end(recipient)])


def verdict(recipient: CampaignRecipient) -> dict[str, str]:
    """What came of a recipient, in words."""
    words = meanings.STATUSES[recipient.status]
    if recipient.reason:
        meaning = (
            meanings.skip(recipient.reason) if recipient.status == "skipped" else meanings.failure(recipient.reason)
        )
        words = f"{words} {meaning.title}: {meaning.words}"
    return {"status": recipient.status, "reason": recipient.reason, "words": words}


def _end(recipient: CampaignRecipient) -> Step:
    said = verdict(recipient)
    facts = {"reason": recipient.reason, "error_code": recipient.error_code, "charged": recipient.charged}
    return Step(recipient.final_at or recipient.sent_at, f"now.{recipient.status}", said["words"], facts)


def _consent(recipient: CampaignRecipient) -> Iterator[Step]:
    if recipient.contact_id is None:
        return
    rows = ConsentEvent.objects.filter(contact_id=recipient.contact_id).order_by("-pk")[:SHOWN]
    for event in rows:
        facts = {"before": event.before, "after": event.after, "source": event.source}
        said = f"Consent became “{event.after.replace('_', ' ')}” ({event.source or 'no source given'})."
        yield Step(event.created_at, f"consent.{event.after}", said, facts, 0)
    hashed = recipient.contact.phone_hash if recipient.contact else None
    if hashed is None:
        return
    found = Suppression.objects.filter(phone_hash=hashed)
    for row in found.filter(store_id=recipient.store_id) | found.filter(store=None):
        said = "The number was put on the suppression list: it must not be texted."
        yield Step(row.created_at, "consent.suppressed", said, {"reason": row.reason, "source": row.source}, 1)


def _price(campaign: Campaign) -> Iterator[Step]:
    if quote := campaign.quote:
        said = f"Priced: {quote.recipients} recipients, {quote.parts} parts, {quote.credits} credits."
        facts = {"recipients": quote.recipients, "parts": quote.parts, "credits": quote.credits}
        yield Step(quote.created_at, "quote", said, {**facts, "exclusions": quote.exclusions}, 2)


def _life(campaign: Campaign) -> Iterator[Step]:
    for event in CampaignEvent.objects.filter(campaign_id=campaign.pk).order_by("pk")[:SHOWN]:
        said = f"Campaign: {meanings.event(event.event)}" + (f" ({event.reason})" if event.reason else "")
        facts = {"before": event.before, "after": event.after, "reason": event.reason}
        yield Step(event.created_at, f"campaign.{event.event}", said, facts, 3)


def _prepared(campaign: Campaign, recipient: CampaignRecipient) -> Iterator[Step]:
    snapshot = getattr(campaign, "snapshot", None)
    if snapshot is None:
        return
    said = f"Written down as a recipient: {recipient.parts} parts at {recipient.credits} credits, frozen."
    facts = {"parts": recipient.parts, "credits": recipient.credits}
    yield Step(snapshot.created_at, "recipient.prepared", said, facts, 4)


def _batch(recipient: CampaignRecipient) -> Iterator[Step]:
    batch = SendBatch.objects.filter(pk=recipient.batch_id).first()
    if batch is None:
        return
    facts = {"batch": public_id(batch.pk, kind="bat"), "state": batch.state, "run": batch.run, "claims": batch.claims}
    yield Step(batch.created_at, "batch.joined", "Put into a batch.", facts, 4)
    if batch.state == "ready":
        said = "The batch waits: it is not sent before this moment (quiet hours, a pause of the provider, its turn)."
        yield Step(batch.ready_at, "batch.waits", said, {"error_class": batch.error_class}, 6)
    if batch.called_at:
        said = "The batch was handed to the provider."
        yield Step(batch.called_at, "batch.called", said, {"attempt": batch.attempt}, 4)
    if batch.settled_at:
        said = f"The batch's answer was written down: {meanings.BATCHES[batch.state]}"
        yield Step(batch.settled_at, f"batch.{batch.state}", said, {"error_class": batch.error_class}, 8)


def _evidence(log: list[MessageLog]) -> Iterator[Step]:
    best = 0
    for line in log:
        said = OUTCOMES.get((line.kind, line.outcome)) or f"{line.kind.capitalize()}: {line.outcome}."
        facts = {
            "attempt": line.attempt,
            "provider_message_id": line.provider_message_id,
            "raw_status": line.raw_status,
            "error_class": line.error_class,
            "error_code": line.error_code,
        }
        code = f"{line.kind}.{line.outcome}"
        if line.kind == "receipt":
            rank = RANKS.get(line.outcome, 0)
            facts["contradicts"] = contradicts = _final(rank) and _final(best) and rank != best
            if contradicts or rank < best:
                said += " " + _ignored(rank, best)
            best = max(best, rank)
        yield Step(line.at, code, said, facts, 6)


def _final(rank: int) -> bool:
    return rank >= RANKS["expired"]


def _ignored(rank: int, best: int) -> str:
    if rank > best:
        return "It contradicts an earlier one; the better word counts."
    return "An earlier one said more: this one changes nothing."


def _clicks(recipient: CampaignRecipient) -> Iterator[Step]:
    found = list(Click.objects.filter(recipient_id=recipient.pk).order_by("pk")[:SHOWN])
    links = CampaignLink.objects.filter(campaign_id=recipient.campaign_id) if found else CampaignLink.objects.none()
    urls = dict(links.values_list("number", "url"))
    for click in found:
        code, said = CLICKS[click.robot]
        facts = {"link": click.number, "url": urls.get(click.number, ""), "human": click.human, "robot": click.robot}
        yield Step(click.at, f"click.{code}", said, facts, 9)


def _money(recipient: CampaignRecipient, log: list[MessageLog]) -> Iterator[Step]:
    """The debits that this recipient's credits are in: one per settled attempt of a batch, or one of its own."""
    accepted = {(line.batch_id, line.attempt) for line in log if line.kind == "attempt" and line.outcome == "accepted"}
    own = [f"late:{recipient.pk}", f"refund:{recipient.pk}"]
    keys = [*(f"batch:{batch}:{attempt}" for batch, attempt in accepted), *own]
    for entry in LedgerEntry.objects.filter(key__in=keys, account__store_id=recipient.store_id):
        alone = entry.key in own
        amount = abs(entry.amount) if alone else recipient.charged
        said = f"{'Refunded' if entry.kind == 'refund' else 'Charged'}: {amount} credits"
        said += "." if alone else ", within the debit of the whole batch."
        facts = {"ledger": public_id(entry.pk, kind="led"), "kind": entry.kind, "credits": amount}
        yield Step(entry.created_at, f"money.{entry.kind}", said, facts, 7)
