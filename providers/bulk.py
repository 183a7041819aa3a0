"""Reading the reply of a bulk call whose entries belong to items by position only, as with Mitto.

An id on the wrong recipient is worse than no id: where position cannot be trusted, the whole call is unsure.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from providers import outcomes
from providers.http import Reply
from providers.interface import Accepted, CallResult, Item, Outcome, Refused

_REPEATED: Final = Refused("other", "repeated_number", retryable=True)


def submit_unique(items: Sequence[Item], submit: Callable[[Sequence[Item]], CallResult]) -> CallResult:
    """Submit each number once: the first item of a number goes out, the others come back unsent and retryable."""
    if len({item.phone for item in items}) == len(items):
        return submit(items)
    of_number: dict[str, Item] = {}
    for item in items:
        of_number.setdefault(item.phone, item)
    firsts = list(of_number.values())
    result = submit(firsts)
    outcome_of = dict(zip((id(item) for item in firsts), result.outcomes, strict=True))
    return replace(result, outcomes=[outcome_of.get(id(item), _REPEATED) for item in items])


def by_position(
    items: Sequence[Item],
    reply: Reply,
    *,
    list_name: str,
    outcome_of: Callable[[dict[str, Any]], Outcome],
) -> CallResult:
    """Give each item the entry at its position in the 2xx answer's list `list_name`.

    Unsure as a whole when it is no such list, of another length, has an id twice, or contradicts the order.
    """
    answer = outcomes.read_json(reply.body)
    entries = answer.get(list_name) if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return outcomes.unsure(items, f"HTTP {reply.status} without a list of messages", status=reply.status)
    if len(entries) != len(items):
        return outcomes.unsure(items, f"{len(entries)} answers for {len(items)} items", status=reply.status)
    found = [outcome_of(entry) for entry in entries]
    ids = [outcome.provider_message_id for outcome in found if isinstance(outcome, Accepted)]
    if len(set(ids)) != len(ids) or any(map(_is_displaced, items, entries)):
        return outcomes.unsure(items, "ids repeated or out of order", status=reply.status)
    return CallResult(found, raw_status=reply.status)


def _is_displaced(item: Item, entry: dict[str, Any]) -> bool:
    return entry.get("reference", item.reference) not in (item.reference, None) or (
        entry.get("destination", item.phone) not in (item.phone, None)
    )
