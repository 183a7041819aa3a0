"""What costly characters cost, and what would save it: counted over the very groups of the quote, so exact.

Stored with the quote as
    characters  [{character, name, place, times, effect, replacement, safe}]   place: message or opt_out_text
    values      [{field, recipients, of, parts, credits, characters}]   merge values that make their messages longer:
                `recipients` of the `of` who have a value pay `parts` more than if it were in plain letters
    options     [{change, message, plain_values, parts, credits, saved_parts, saved_credits}]   ready to be taken over
"""

import re
from collections import Counter
from typing import Any, Final, NamedTuple

from billing.prices import PriceTable
from campaigns.content import MESSAGE_MAX, Content
from campaigns.drafts import Draft
from campaigns.links.found import addresses
from providers.gsm import BASIC
from providers.gsm_advice import Offender, offenders, ranked, replaced

CHARACTERS_SHOWN = 20
_COSTLY: Final = re.compile(f"[^{re.escape(BASIC)}]")


class Alternative(NamedTuple):
    """Another way to write the same: its content, and the parts it would take by country."""

    change: str
    draft: Draft
    content: Content
    parts: "Counter[str]"


class Seen(NamedTuple):
    """A group of the quote: the fields of each of its recipients, the slots' values before and after defaults."""

    country: str
    fields: dict[str, str]
    cleaned: tuple[str, ...]
    values: tuple[str, ...]
    parts: int
    recipients: int


class FieldCost:
    """What the values of one field cost beyond plain letters."""

    def __init__(self) -> None:
        self.holders = 0
        self.recipients = 0
        self.parts: Counter[str] = Counter()
        self.characters: Counter[str] = Counter()


class Adviser:
    """Sees every group of a quote once, then says what to change."""

    def __init__(self, draft: Draft, content: Content, prices: PriceTable) -> None:
        self._draft, self._content, self._prices = draft, content, prices
        self._alternatives = _alternatives(draft)
        self._fields = {field: FieldCost() for field in content.fields}

    def see(self, group: Seen) -> None:
        """Take note of a group; each is seen once."""
        for alternative in self._alternatives:
            other = alternative.content
            alternative.parts[group.country] += group.recipients * other.parts(other.filled(group.cleaned))
        for field, cost in self._fields.items():
            value = group.fields[field]
            if not value or value.isspace():
                continue
            cost.holders += group.recipients
            if group.parts > 1 and _COSTLY.search(value):
                self._charge(cost, field=field, group=group)

    def _charge(self, cost: FieldCost, *, field: str, group: Seen) -> None:
        """Compare with the same values in characters of one septet each."""
        slots = [slot.field == field for slot in self._content.slots]
        neutral = [_COSTLY.sub("x", v) if its else v for its, v in zip(slots, group.values, strict=True)]
        extra = group.parts - self._content.parts(tuple(neutral))
        if extra <= 0:
            return
        cost.recipients += group.recipients
        cost.parts[group.country] += extra * group.recipients
        written = {value for its, value in zip(slots, group.values, strict=True) if its}
        for character in {one for value in written for one in _COSTLY.findall(value)}:
            cost.characters[character] += group.recipients

    def answer(self, *, parts: int, credits: int) -> dict[str, Any]:
        """The advice for a quote of this many parts and credits."""
        return {
            "characters": _of_text(self._draft),
            "values": [self._field(name, cost) for name, cost in self._fields.items() if cost.recipients],
            "options": [
                option
                for one in self._alternatives
                if (option := self._option(one, parts=parts, credits=credits))["saved_credits"] > 0
            ],
        }

    def _credits(self, parts: "Counter[str]") -> int:
        return sum(number * self._prices.credits_per_part(country) for country, number in parts.items())

    def _field(self, name: str, cost: FieldCost) -> dict[str, Any]:
        return {
            "field": name,
            "recipients": cost.recipients,
            "of": cost.holders,
            "parts": cost.parts.total(),
            "credits": self._credits(cost.parts),
            "characters": [_shown(one) for one in ranked(cost.characters)[:CHARACTERS_SHOWN]],
        }

    def _option(self, one: Alternative, *, parts: int, credits: int) -> dict[str, Any]:
        its_parts, its_credits = one.parts.total(), self._credits(one.parts)
        return {
            "change": one.change,
            "message": one.draft.message,
            "plain_values": one.draft.plain_values,
            "parts": its_parts,
            "credits": its_credits,
            "saved_parts": parts - its_parts,
            "saved_credits": credits - its_credits,
        }


def _alternatives(draft: Draft) -> list[Alternative]:
    """Ways to write the same for less; each only when it differs from those before it."""
    signs, letters = _rewritten(draft.message), _rewritten(draft.message, letters=True)
    ways = {
        "signs": draft._replace(message=signs),
        "letters": draft._replace(message=letters),
        "values": draft._replace(plain_values=True),
        "signs_and_values": draft._replace(message=signs, plain_values=True),
        "letters_and_values": draft._replace(message=letters, plain_values=True),
    }
    seen = {(draft.message, draft.content().is_plain)}
    found = []
    for change, other in ways.items():
        content = other.content()
        way = (other.message, content.is_plain)
        if way not in seen and len(other.message) <= MESSAGE_MAX:
            seen.add(way)
            found.append(Alternative(change, other, content, Counter()))
    return found


def _rewritten(message: str, *, letters: bool = False) -> str:
    """The message in signs that cost less. Its addresses stay: another one would lead elsewhere."""
    pieces, at = [], 0
    for found in addresses(message):
        pieces += [replaced(message[at : found.start], letters=letters), message[found.start : found.end]]
        at = found.end
    return "".join([*pieces, replaced(message[at:], letters=letters)])


def _of_text(draft: Draft) -> list[dict[str, Any]]:
    message = draft.parsed(draft.message).written
    appended = draft.parsed(draft.opt_out_text).written if draft.text != draft.message else ""
    return [
        {**_shown(one), "place": place}
        for place, text in (("message", message), ("opt_out_text", appended))
        for one in offenders(text)[:CHARACTERS_SHOWN]
    ]


def _shown(one: Offender) -> dict[str, Any]:
    return one._asdict()
