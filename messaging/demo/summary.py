"""What came of the demo's campaign: our books beside the simulator's own ledger."""

from collections import Counter
from typing import Any

import orjson
import requests
from django.conf import settings

from billing.services import account_of
from campaigns.models import Campaign, CampaignRecipient
from campaigns.progress import read
from config.opaque import recipient_of


def summarise(campaign: Campaign, *, seconds: float) -> dict[str, Any]:
    """The campaign's sums. `simulator_received` is counted from the provider's ledger, not from our rows."""
    progress = read(campaign.pk)
    account = account_of(campaign.store_id)
    received, duplicates = received_by_provider(campaign.pk)
    return {
        "campaign": campaign.pk,
        "status": progress.status,
        "recipients": progress.audience,
        "left_out": campaign.quote.exclusions if campaign.quote else {},
        **progress.counts,
        "parts": progress.parts_sent,
        "credits_held": account.held,
        "credits_charged": progress.credits_charged,
        "balance": account.balance,
        "opening_balance": account.balance + sum(_charges(campaign)),
        "simulator_received": received,
        "simulator_duplicates": duplicates,
        "seconds": round(seconds, 1),
    }


def _charges(campaign: Campaign) -> list[int]:
    """What the ledger says was charged for the campaign, in credits."""
    reservation = campaign.reservation
    return [-amount for amount in reservation.entries.values_list("amount", flat=True)] if reservation else []


def received_by_provider(campaign_id: int) -> tuple[int, int]:
    """(messages of this campaign in the simulator's ledger, references in it more than once)."""
    ours = set(CampaignRecipient.objects.filter(campaign_id=campaign_id).values_list("pk", flat=True))
    seen: Counter[str] = Counter()
    with requests.get(f"{settings.SIMULATOR_URL}/_ledger", stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines(chunk_size=65536):
            reference = str(orjson.loads(line).get("reference") or "") if line else ""
            mark = recipient_of(reference)
            if mark and mark[0] in ours:
                seen[reference] += 1
    return seen.total(), sum(times > 1 for times in seen.values())


def complaints(summary: dict[str, Any]) -> list[str]:
    """What does not add up; empty when everything does."""
    accepted = summary["sent"] + summary["delivered"] + summary["undelivered"]
    statuses = accepted + sum(
        summary[name] for name in ("pending", "failed", "unknown", "unconfirmed", "skipped", "cancelled")
    )
    checks = {
        "recipients are left pending": summary["pending"] == 0,
        "the statuses do not add up to the recipients": statuses == summary["recipients"],
        "the provider received something else than we accepted": summary["simulator_received"] == accepted,
        "the provider received a message twice": summary["simulator_duplicates"] == 0,
        "credits are still held": summary["credits_held"] == 0,
        "the ledger says something else than the counters": (
            summary["opening_balance"] - summary["balance"] == summary["credits_charged"]
        ),
    }
    return [complaint for complaint, holds in checks.items() if not holds]
