"""What stands between a priced campaign and its launch: the launch raises it, the quote shows it. One list for both."""

from typing import NamedTuple

from django.conf import settings

from audiences.audience import check_pinned
from audiences.models import Store
from billing.caps import check_caps
from billing.services import check_available
from billing.standing import check_standing
from campaigns.drafts import Draft
from campaigns.errors import NoRecipients
from campaigns.models import Quote
from campaigns.people import UNASKED
from campaigns.services.find import not_stopped, refusal
from campaigns.states import CAMPAIGN
from config.problems import Problem


class Intent(NamedTuple):
    """Somebody wants to launch, or to know whether he could: `status` of the campaign, `draft` if it is not saved."""

    store: Store
    quote: Quote
    status: str = "draft"


def _status(intent: Intent) -> None:
    if intent.status not in CAMPAIGN.moves["launch"].sources:
        raise refusal("launch", intent.status)


def _store(intent: Intent) -> None:
    not_stopped(intent.store)


def _standing(intent: Intent) -> None:
    check_standing(intent.store.pk)


def _audience(intent: Intent) -> None:
    check_pinned(intent.quote.audience_pinned)


def _recipients(intent: Intent) -> None:
    if not intent.quote.recipients:
        raise NoRecipients(exclusions=intent.quote.exclusions)


def _credits(intent: Intent) -> None:
    check_available(store_id=intent.store.pk, required=intent.quote.credits)


def _caps(intent: Intent) -> None:
    check_caps(store_id=intent.store.pk, required=intent.quote.credits)


CHECKS = (_status, _store, _standing, _audience, _recipients, _caps, _credits)


def permit(intent: Intent) -> None:
    """Raise the first problem.

    AlreadySending, InvalidStatus, StoreStopped, BillingHold, SubscriptionRequired, AudienceInvalid (a segment that can
    choose nobody), NoRecipients, SpendCapReached, InsufficientCredits.
    """
    for check in CHECKS:
        check(intent)


def blockers(intent: Intent) -> list[Problem]:
    """Every problem that `permit` could raise now."""
    found = []
    for check in CHECKS:
        try:
            check(intent)
        except Problem as problem:
            found.append(problem)
    return found


def warnings(draft: Draft) -> list[tuple[str, str]]:
    """(code, sentence) of what does not stop a launch but is worth knowing before it."""
    found = []
    if settings.QUEUE_DISABLED:
        found.append(("QUEUE_DISABLED", "Sending is switched off for all stores: the messages wait until it is on."))
    if draft.kind in UNASKED and not draft.opt_out_text and not draft.content().has_opt_out_link:
        found.append(("OPT_OUT_MISSING", "The message does not say how to get no more of them."))
    return found
