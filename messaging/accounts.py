"""The provider account that carries a batch, with an adapter that is built once per process and change."""

import threading
from datetime import datetime
from typing import NamedTuple

from config.sql import fetch_one
from messaging.models import ProviderAccount
from messaging.routes.choose import Choice, candidates, choose
from messaging.routes.health import take_probe
from providers.interface import AccountConfig, Provider
from providers.registry import build

_built: dict[int, tuple[datetime, Provider]] = {}
_by_slug: dict[str, ProviderAccount] = {}
_lock = threading.Lock()


class Carrier(NamedTuple):
    """An account, the adapter that speaks for it, and why it was chosen."""

    account: ProviderAccount
    provider: Provider
    choice: Choice


def account_for(store_id: int) -> ProviderAccount | None:
    """The account that comes first for a store's messages; None when none may send at the moment."""
    found = candidates(store_id=store_id, country=None)
    return found[0].account if found else None


def carrier_for(*, store_id: int, country: str, batch_id: int) -> Carrier | None:
    """Who carries a batch now; None when nobody may. One batch a minute tries an account that was away."""
    choice = choose(store_id=store_id, country=country, batch_id=batch_id)
    if choice and choice.probe and not take_probe(choice.account):
        choice = choose(store_id=store_id, country=country, batch_id=batch_id)
    return Carrier(choice.account, adapter(choice.account), choice) if choice else None


class Version(NamedTuple):
    """When an account was last changed."""

    updated_at: datetime


def account_by_slug(slug: str) -> ProviderAccount | None:
    """The account whose webhook address this is; stopped accounts still receive. Index: the slug's unique one.

    Read anew only when it was changed, since each call of a provider asks; its `status` may be an old one.
    """
    sql = "SELECT a.updated_at FROM messaging_provideraccount a WHERE a.slug = %(slug)s"
    version = fetch_one(sql, {"slug": slug}, Version)
    if version is None:
        return None
    known = _by_slug.get(slug)
    if known is None or known.updated_at != version.updated_at:
        known = ProviderAccount.objects.filter(slug=slug).first()
        if known:
            _by_slug[slug] = known
    return known


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
