"""The circuit breaker: what a provider says about the account itself stops the account, not the messages."""

import logging

from config.audit import SYSTEM, record
from messaging.models import ProviderAccount
from messaging.sending import limits
from messaging.sending.call import HandedOver

log = logging.getLogger(__name__)

FAULTS = {"credentials": "The provider refuses our credentials.", "balance": "The account at the provider is empty."}


def listen(account: ProviderAccount, handed: HandedOver) -> None:
    """Slow the account down after a 429; stop it, once, with an alert, when it is the account that is refused."""
    if handed.slowed:
        limits.slow_down(account.pk)
    if handed.route_fault:
        stop(account, reason=FAULTS[handed.route_fault])


def stop(account: ProviderAccount, *, reason: str) -> bool:
    """active -> stopped: nothing more goes out over it until staff start it again. False when it was stopped before."""
    rows = ProviderAccount.objects.filter(pk=account.pk, status="active")
    if not rows.update(status="stopped", status_reason=reason):
        return False
    record("provideraccount.stop", actor=SYSTEM, subject=f"provideraccount:{account.pk}", reason=reason)
    log.error("provider_account_stopped", extra={"account_id": account.pk, "reason": reason})
    return True
