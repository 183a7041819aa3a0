"""What people agree to on a join page: the store's own words or ours, kept with each consent."""

import hashlib
from typing import NamedTuple

from django.utils import translation
from django.utils.translation import gettext

from audiences.models import JoinPage
from audiences.models.joining import WORDING_MAX
from config.problems import invalid


class Wording(NamedTuple):
    """A text as it was shown, and a short fingerprint of it by which versions can be told apart."""

    text: str
    version: str


def wording_of(page: JoinPage, *, language: str) -> Wording:
    """What somebody who reads `language` (en or el) is asked to agree to. A store's own text has one language."""
    with translation.override(language):
        ours = gettext(
            "I agree to receive marketing text messages from %(store)s at this number. I can stop them at any time: "
            "every message says how."
        )
    text = page.wording or ours % {"store": page.store.name}
    return Wording(text, hashlib.sha256(text.encode()).hexdigest()[:16])


def check_wording(text: str) -> None:
    """Raise InvalidFields unless it is plain text of a size that people read; empty: ours."""
    if len(text) > WORDING_MAX:
        raise invalid("/wording", f"At most {WORDING_MAX} characters; this has {len(text)}.", code="max_length")
    if not text.replace("\n", "").isprintable() or text != text.strip():
        raise invalid("/wording", "Text without control characters and outer spaces.", code="plain_text")
