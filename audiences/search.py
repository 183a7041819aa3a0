"""Finding contacts by what people type: a phone, or the beginnings of names and of an e-mail address."""

from django.db.models import Q

from audiences.models import Contact
from audiences.pagination import Bounded, InCrowd
from audiences.phones import BadPhone, normalise

# A page looks at so many contacts: it may be short, or empty, while there is a next one.
LOOK = 50_000


class Found(Bounded[Contact]):
    """Newest first, LOOK contacts at a time."""

    ordering = InCrowd.ordering
    look = LOOK


def phone_in(text: str, *, country: str) -> str | None:
    """The number in E.164 that a text is, or None when it is none."""
    try:
        return normalise(text, country=country).e164
    except BadPhone:
        return None


def beginning_with(text: str) -> Q:
    """Those of whom each word of the text begins a name or the e-mail address."""
    wanted = Q()
    for word in text.split():
        wanted &= Q(first_name__istartswith=word) | Q(last_name__istartswith=word) | Q(email__istartswith=word)
    return wanted
