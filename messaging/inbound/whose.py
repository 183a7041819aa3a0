"""Which store a text is for: by the number that was texted, never by who happens to know the phone.

docs/inbound.md has the order and why. A store cannot claim a number: staff registers them (`numbers`), else a store
could read what another's customers write.
"""

from collections.abc import Sequence
from typing import NamedTuple

from audiences.models import Contact
from messaging.inbound.queries import texters
from messaging.inbound.writing import words
from messaging.models import InboundMessage, InboundNumber, ProviderAccount


class Whose(NamedTuple):
    """The store of a text (None: nobody can say), the word of the text that named it, and who else it may be for.

    `candidates`: when there is no store, those who texted the phone over this account: a STOP is for all of them.
    """

    store_id: int | None
    named: str = ""
    candidates: tuple[int, ...] = ()


def whose(message: InboundMessage) -> Whose:
    """The store that a text is for. Index: inboundnumber_once."""
    account = ProviderAccount.objects.filter(pk=message.account_id).first()
    if account is not None and account.store_id is not None:
        return Whose(account.store_id)
    rows = InboundNumber.objects.filter(account_id=message.account_id, number=message.to) if message.to else []
    by_word = {row.word: row.store_id for row in rows}
    if by_word.get("") is not None:
        return Whose(by_word[""])
    for word in _ends(words(message.text)):
        if word in by_word:
            return Whose(by_word[word], named=word)
    return _by_history(message, shared="" in by_word)


def _ends(said: Sequence[str]) -> list[str]:
    return [said[-1], said[0]] if said else []


def _by_history(message: InboundMessage, *, shared: bool) -> Whose:
    """On a shared number the store that texted the phone last; on one that is not ours only when there is one store."""
    if message.phone is None or message.phone_hash is None:
        return Whose(None)
    hashed = bytes(message.phone_hash)
    found = texters(phone=message.phone, phone_hash=hashed, account_id=message.account_id)
    stores = tuple(texter.store_id for texter in found)
    if len(stores) == 1 or (stores and shared):
        return Whose(stores[0])
    return Whose(None, candidates=stores)


def contact_of(*, store_id: int, phone: str | None) -> Contact | None:
    """The store's contact with a phone. Index: contact_phone_once."""
    return Contact.objects.filter(store_id=store_id, phone=phone).first() if phone else None
