"""Words of a provider about recipients, for tests of receipts."""

from itertools import count
from typing import Any

from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.finish import finish
from config.opaque import references
from messaging.models import MessageLog, ProviderAccount
from messaging.receipts.apply import drain
from messaging.receipts.inbox import store as stored
from messaging.sending.settle import settle
from providers.interface import Accepted, Outcome, Receipt
from tests.steps import claimed, launched, marked, settlement

numbers = count()


def sent(account: ProviderAccount, outcomes: list[Outcome]) -> Campaign:
    """A campaign of one batch that came to this over the account."""
    campaign = launched(people=len(outcomes))
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, outcomes, account_id=account.pk))
    finish(campaign.pk)
    return campaign


def accepted(account: ProviderAccount, people: int = 1) -> Campaign:
    return sent(account, [Accepted(f"m-{next(numbers)}") for _ in range(people)])


def receipt(recipient: CampaignRecipient, status: str = "delivered", **columns: Any) -> Receipt:
    """A word about a recipient by our reference; `dedupe` is new each time unless it is given."""
    [reference] = references([recipient.pk], attempt=1)
    given = {"dedupe": f"d-{next(numbers)}", "reference": reference, "provider_message_id": None, **columns}
    return Receipt(status=status, raw_status=status.upper(), **given)  # type: ignore[arg-type]


def recipient(status: str | None = None) -> CampaignRecipient:
    rows = CampaignRecipient.objects.filter(status=status) if status else CampaignRecipient.objects.all()
    return rows.order_by("pk")[0]


def applied(account: ProviderAccount, *receipts: Receipt) -> dict[str, int]:
    stored(account, receipts)
    return drain()


def by_provider_id(found: CampaignRecipient, status: str = "delivered", **columns: Any) -> Receipt:
    line = MessageLog.objects.get(recipient_id=found.pk, kind="attempt")
    return receipt(found, status, reference=None, provider_message_id=line.provider_message_id, **columns)
