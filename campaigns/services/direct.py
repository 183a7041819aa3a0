"""Direct messages: a text that somebody asked for (a code, an answer, a notice), to one number or a few."""

from collections import Counter
from collections.abc import Callable, Sequence

from audiences.models import Store
from campaigns.errors import NoRecipients
from campaigns.models import Campaign
from campaigns.services.numbers import Letter, Sent, read_numbers, send
from campaigns.texts import checked
from config.audit import Actor

NUMBERS_MAX = 100


def send_direct(
    *,
    store: Store,
    to: Sequence[str],
    text: str,
    priority: int,
    actor: Actor,
    short_links: bool = False,
    name: str = "Direct message",
    after: Callable[[Campaign], None] = lambda campaign: None,
) -> Sent:
    """Send `text` to these numbers at once; consent to marketing is not asked for, but who said no is left out.

    A number that is a contact's fills the placeholders with the contact's values, another with their defaults.
    `short_links`: only when asked for, since such texts hold addresses that were made for one person. `after`: what
    else belongs into the transaction; what it raises takes the message back. Raises
    InvalidFields, NoMessageText, NoRecipients (with the reasons), InsufficientCredits, StoreStopped.
    """
    message = checked(text, store=store)
    numbers = read_numbers(to, store=store, kind="direct")
    if all(number.reason for number in numbers):
        raise NoRecipients(exclusions=Counter(number.reason for number in numbers))
    letter = Letter("direct", name, message, priority, short_links=short_links)
    return send(letter, numbers, store=store, actor=actor, after=after)
