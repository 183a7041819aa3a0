"""Texts that are not a campaign's message, checked by the same rule."""

from audiences.models import Store
from campaigns.content import tidy, validate
from campaigns.errors import NoMessageText
from config.problems import InvalidFields


def checked(text: str, *, store: Store) -> str:
    """The text as it may be sent. Raises NoMessageText, InvalidFields at `/text`."""
    if not text.strip():
        raise NoMessageText
    try:
        validate(text, custom_fields=store.custom_fields)
    except InvalidFields as refusal:
        errors = [{**error, "pointer": "#/text"} for error in refusal.facts["errors"]]
        raise InvalidFields(errors, refusal.detail) from None
    return tidy(text)
