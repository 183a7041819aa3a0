"""The link that gets somebody out: it holds the store and the contact, signed, no phone number, and works for years."""

from typing import NamedTuple

from django.conf import settings

from audiences import short_codes

PURPOSE = "opt-out"
TOKEN_LENGTH = short_codes.LENGTH  # characters: the text's length does not depend on who gets it


class OptOutLink(NamedTuple):
    """Whom a token is for, and the id of the key that signed it."""

    store_id: int
    contact_id: int
    key_id: str


def token(*, store_id: int, contact_id: int) -> str:
    """TOKEN_LENGTH letters and digits for `/u/<token>`; always the same for a contact while the key is."""
    return short_codes.seal(purpose=PURPOSE, store_id=store_id, number=contact_id)


def read(text: str) -> OptOutLink | None:
    """What a token says; None for whatever we did not write. The store and the contact may be gone by now."""
    code = short_codes.unseal(text, purpose=PURPOSE)
    return OptOutLink(*code) if code else None


def address(*, store_id: int, contact_id: int, base: str = "") -> str:
    """The whole link. `base`: the store's own links address; without it, ours."""
    return f"{base.rstrip('/') or settings.PUBLIC_URL}/u/{token(store_id=store_id, contact_id=contact_id)}"
