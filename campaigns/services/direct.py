"""Direct messages: a text that somebody asked for (a code, an answer, a notice), to one number or a few."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from audiences.models import Store
from audiences.numbers import look_up, only_own_words
from audiences.phones import Phone
from campaigns.errors import NoRecipients
from campaigns.models import Campaign
from campaigns.services.numbers import Letter, Sent, read_numbers, send
from campaigns.states import PRIORITIES
from campaigns.texts import checked
from config.audit import Actor

NUMBERS_MAX = 100
LAST_WORD_FOR = timedelta(hours=1)  # so long may the confirmation of an opt-out still leave


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


def send_answer(
    *, store: Store, to: Phone, text: str, last_word: bool, actor: Actor, after: Callable[[Campaign], None]
) -> Sent:
    """Answer somebody who texted the store; the store pays as for any direct message.

    With `last_word` it confirms an opt-out, and goes to a phone that the store must not text any more: only when
    nothing but its owner's own words forbid it, only within the hour, here and again when it leaves (`is_last_word`).
    `after`: what belongs into the transaction. Raises as `send_direct`.
    """
    message = checked(text, store=store)
    [number] = look_up([to], store_id=store.pk, kind="direct")
    if last_word and number.reason and only_own_words(to.e164, store_id=store.pk):
        number = number._replace(reason=None)
    if number.reason:
        raise NoRecipients(exclusions={number.reason: 1})
    letter = Letter("direct", "Answer to a text", message, PRIORITIES["urgent"], last_word=last_word)
    return send(letter, [number], store=store, actor=actor, after=after)


def is_last_word(campaign: Campaign, *, now: datetime) -> bool:
    """Whether it confirms an opt-out and may still leave: no campaign that anybody can write says so."""
    return (
        campaign.kind == "direct"
        and bool(campaign.audience.get("last_word"))
        and campaign.started_at is not None
        and campaign.started_at > now - LAST_WORD_FOR
    )
