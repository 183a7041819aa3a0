"""Handing many items over: in one call whose answers belong to items by position only, or in several, in turn.

An id on the wrong recipient is worse than no id: where position cannot be trusted, the whole call is unsure.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from providers import outcomes
from providers.http import Reply
from providers.interface import Accepted, CallResult, Item, Outcome, Refused, Unsure

_REPEATED: Final = Refused("other", "repeated_number", retryable=True)
# For items whose turn did not come: nothing left the house.
NOT_CALLED: Final = Refused("route_down", "not_called", retryable=True)


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


def in_turn(
    items: Sequence[Item],
    groups: Iterable[Sequence[Item]],
    call: Callable[[Sequence[Item], float], CallResult],
    *,
    deadline_seconds: float,
) -> CallResult:
    """Call for each group of the items, one after the other, within `deadline_seconds` in total.

    `call` is given a group and the seconds that are left. A group refused for what is in it is called again in halves.
    After a call that was unsure, not processed or refused for the account, or when the time is over, nothing more is
    called.
    """
    ends = time.monotonic() + deadline_seconds
    todo, calls = deque(groups), []
    outcome_of: dict[int, Outcome] = {}
    while todo and (left := ends - time.monotonic()) > 0:
        group = todo.popleft()
        calls.append(call(group, left))
        if calls[-1].split:
            half = len(group) // 2
            todo.extendleft([group[half:], group[:half]])
            continue
        outcome_of.update(zip(map(id, group), calls[-1].outcomes, strict=True))
        if _is_last(calls[-1]):
            break
    return _together([outcome_of.get(id(item), NOT_CALLED) for item in items], calls)


def by_text(items: Sequence[Item], *, most: int) -> list[list[Item]]:
    """Group what has the same sender and text, at most `most` in a group, and each number once in a group."""
    groups: list[dict[str, Item]] = []
    of_text: dict[tuple[str, str], list[dict[str, Item]]] = {}
    for item in items:
        same = of_text.setdefault((item.sender, item.text), [])
        group = next((each for each in same if len(each) < most and item.phone not in each), None)
        if group is None:
            group = {}
            same.append(group)
            groups.append(group)
        group[item.phone] = item
    return [list(group.values()) for group in groups]


def _is_last(result: CallResult) -> bool:
    unsure = any(isinstance(outcome, Unsure) for outcome in result.outcomes)
    return unsure or result.not_sent or result.route_fault is not None


def _together(outcomes: list[Outcome], calls: Sequence[CallResult]) -> CallResult:
    """What several calls came to; only the last one can have said when to come back or that the account is refused."""
    last = calls[-1] if calls else CallResult([], not_sent=True)
    ids = Counter(outcome.provider_message_id for outcome in outcomes if isinstance(outcome, Accepted))
    trusted = [
        Unsure("an id came twice") if isinstance(each, Accepted) and ids[each.provider_message_id] > 1 else each
        for each in outcomes
    ]
    unsure = any(isinstance(outcome, Unsure) for outcome in trusted)
    given_back = not unsure and (last.not_sent or NOT_CALLED in trusted)
    note = "; ".join(dict.fromkeys(result.note for result in calls if result.note))[:300]
    return replace(last, outcomes=trusted, not_sent=given_back, split=False, note=note)
