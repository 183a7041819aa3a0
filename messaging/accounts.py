"""Which provider account a batch goes out over, as an adapter that is built once per process and change."""

import threading
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q

from messaging.models import ProviderAccount
from providers.interface import AccountConfig, Provider
from providers.registry import build

_built: dict[int, tuple[datetime, Provider]] = {}
_lock = threading.Lock()


class Route(NamedTuple):
    """An account and the adapter that speaks for it."""

    account: ProviderAccount
    provider: Provider


def account_for(store_id: int) -> ProviderAccount | None:
    """The store's own active account, else a shared one; None when neither may send at the moment."""
    accounts = ProviderAccount.objects.filter(Q(store_id=store_id) | Q(store=None), status="active")
    return accounts.order_by(F("store_id").asc(nulls_last=True), "pk").first()


def route_for(store_id: int) -> Route | None:
    """As `account_for`, with the adapter that speaks for it."""
    account = account_for(store_id)
    return Route(account, adapter(account)) if account else None


def account_by_slug(slug: str) -> ProviderAccount | None:
    """The account whose webhook address this is; stopped accounts still receive."""
    return ProviderAccount.objects.filter(slug=slug).first()


def adapter(account: ProviderAccount) -> Provider:
    """The adapter of an account; it keeps connections, so it is built anew only when the account was changed.

    Raises KeyError for a provider that is not in the registry, BadConfig for settings that cannot work.
    """
    with _lock:
        known = _built.get(account.pk)
        if known is None or known[0] != account.updated_at:
            config = AccountConfig(account.base_url, account.credentials, account.options)
            known = (account.updated_at, build(account.provider, config))
            _built[account.pk] = known
    return known[1]
