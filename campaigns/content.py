"""A message with placeholders, `{{first_name}}` or `{{first_name|there}}`: parsed once, then rendered and counted."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple
from unicodedata import normalize

from campaigns.links.found import addresses
from campaigns.links.own import OPT_OUT_FIELD, Own, link, opt_out_link
from config.problems import invalid
from providers.gsm import Counter, count
from providers.gsm_advice import plain

MESSAGE_MAX = 1600
LINKS_MAX = 10  # short links of a message; further addresses stay as they are
CONTACT_FIELDS = ("first_name", "last_name", "email", "language")
PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\|([^{}|]*))?\}\}")
# Control characters do not belong into an SMS: a line feed stays, everything else of C0/C1 becomes a space.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]+")


class Slot(NamedTuple):
    """A placeholder: the field, and what to write when a contact has no value."""

    field: str
    default: str | None


Piece = str | Slot | Own


class Content:
    """A parsed message. Rendering takes 0.3 µs and counting about 1 µs per recipient (measured).

    `owns`: what is the recipient's own but always of the same width, links above all. In the literals, by which parts
    are counted, samples of that width stand for it.
    """

    def __init__(self, pieces: Sequence[Piece], *, plain_values: bool = False) -> None:
        self.slots = tuple(piece for piece in pieces if isinstance(piece, Slot))
        self.owns = tuple(dict.fromkeys(piece for piece in pieces if isinstance(piece, Own)))
        self.literals = tuple(_literals(pieces))
        self._format = "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces)
        self._weave = itemgetter(*self._order(pieces)) if self.owns else None
        self._samples = tuple(own.sample for own in self.owns)
        self.is_plain = plain_values and bool(self.slots) and count(self.written).encoding == "GSM-7"

    def _order(self, pieces: Sequence[Piece]) -> Iterator[int]:
        """Where the text of each piece that is no literal stands among the values and, behind them, the owns."""
        slot = 0
        for piece in pieces:
            if isinstance(piece, Own):
                yield len(self.slots) + self.owns.index(piece)
            elif isinstance(piece, Slot):
                yield slot
                slot += 1

    @property
    def written(self) -> str:
        """What the author wrote and a recipient may read: the literals and the defaults of the slots."""
        return "".join([*self.literals, *(slot.default or "" for slot in self.slots)])

    @property
    def has_opt_out_link(self) -> bool:
        """Whether it holds the address of the recipient's own opt-out page."""
        return any(not own.number for own in self.owns)

    @cached_property
    def counter(self) -> Counter:
        """Counts the parts of a rendering from its values alone; equal to counting the rendered text."""
        return Counter(self.literals)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The distinct fields that the message needs, in order of appearance."""
        return tuple(dict.fromkeys(slot.field for slot in self.slots))

    def values(self, by_field: dict[str, str]) -> tuple[str, ...]:
        """What goes into the slots: the contact's value, else the slot's default, else nothing."""
        return self.filled(self.cleaned(by_field))

    def cleaned(self, by_field: dict[str, str]) -> tuple[str, ...]:
        """The contact's value for each slot, '' where he has none."""
        return tuple([clean(by_field.get(slot.field, "")) for slot in self.slots])

    def filled(self, cleaned: tuple[str, ...]) -> tuple[str, ...]:
        """`cleaned` with the defaults of the slots that have no value, in plain letters if the content is to be."""
        values = cleaned
        if not all(cleaned):
            values = tuple(value or slot.default or "" for value, slot in zip(cleaned, self.slots, strict=True))
        return tuple(map(plain, values)) if self.is_plain else values

    def lacks(self, by_field: dict[str, str]) -> bool:
        """Whether a slot without a default has no value."""
        return any(slot.default is None and not clean(by_field.get(slot.field, "")) for slot in self.slots)

    def render(self, values: tuple[str, ...], own: tuple[str, ...] = ()) -> str:
        """The text with `values` in its slots, and what is the recipient's `own`: without it, samples."""
        if self._weave is None:
            return self._format % values
        text: str = self._format % self._weave((*values, *(own or self._samples)))
        return text

    def parts(self, values: tuple[str, ...]) -> int:
        """SMS parts of the text with `values` in its slots (3GPP TS 23.038; see providers.gsm)."""
        return self.counter.parts(values)

    def sized(self, values: tuple[str, ...]) -> tuple[int, bool]:
        """(SMS parts, whether GSM-7 is enough) of the text with `values` in its slots."""
        return self.counter.sized(values)


def tidy(message: str) -> str:
    """A message as it is kept: line feeds alone, and accents in one character with their letter.

    Forms send CR LF, and a CR would be one more character to pay; an é of two characters would need UCS-2.
    """
    return normalize("NFC", message.replace("\r\n", "\n").replace("\r", "\n"))


def clean(value: str) -> str:
    """A merge value without control characters and outer space, accents in one character with their letter."""
    if value.isascii():
        return (value if value.isprintable() else CONTROL.sub(" ", value)).strip()
    return normalize("NFC", CONTROL.sub(" ", value)).strip()


def parse(message: str, *, plain_values: bool = False, base_url: str = "", short_links: bool = False) -> Content:
    """Split a message into literals and slots. Braces that form no placeholder stay as they are.

    `plain_values`: values that GSM-7 cannot write are written in its letters, where the message itself needs no UCS-2.
    `short_links`: addresses become links on `base_url`, as does, in any case, the placeholder of the opt-out page.
    """
    pieces: list[Piece] = []
    numbers: dict[str, int] = {}
    matches = list(PLACEHOLDER.finditer(message))
    at = 0
    for match in matches:
        literal, opens = message[at : match.start()], at > 0
        pieces += _with_links(literal, numbers, glued=(opens, True), base_url=base_url if short_links else "")
        is_link = match.group(1) == OPT_OUT_FIELD
        pieces += opt_out_link(base_url) if is_link else [Slot(match.group(1), match.group(2))]
        at = match.end()
    pieces += _with_links(message[at:], numbers, glued=(at > 0, False), base_url=base_url if short_links else "")
    return Content(pieces, plain_values=plain_values)


def _with_links(literal: str, numbers: dict[str, int], *, glued: tuple[bool, bool], base_url: str) -> Iterator[Piece]:
    """A literal between placeholders, its addresses as links; `numbers` is the message's, and grows."""
    at = 0
    for found in addresses(literal, glued_before=glued[0], glued_behind=glued[1]) if base_url else ():
        if found.url.startswith(f"{base_url}/") or (found.url not in numbers and len(numbers) >= LINKS_MAX):
            continue
        number = numbers.setdefault(found.url, len(numbers) + 1)
        yield literal[at : found.start]
        yield from link(base_url, number=number, url=found.url)
        at = found.end
    yield literal[at:]


def _literals(pieces: Sequence[Piece]) -> list[str]:
    """What stands before, between and behind the slots, with samples for what is the recipient's own."""
    literals = [""]
    for piece in pieces:
        if isinstance(piece, Slot):
            literals.append("")
        else:
            literals[-1] += piece if isinstance(piece, str) else piece.sample
    return literals


def validate(message: str, *, custom_fields: Iterable[str]) -> None:
    """Raise InvalidFields if the message is too long, has control characters or a placeholder that nothing can fill."""
    message = tidy(message)
    if len(message) > MESSAGE_MAX:
        raise invalid("/message", f"At most {MESSAGE_MAX} characters; this has {len(message)}.", code="max_length")
    if CONTROL.search(message):
        raise invalid("/message", "Control characters cannot be sent.", code="control_character")
    known = {*CONTACT_FIELDS, *custom_fields}
    unknown = [field for field in parse(message).fields if field not in known]
    if unknown:
        names = ", ".join(f"{{{{{field}}}}}" for field in unknown)
        raise invalid("/message", f"Unknown placeholder: {names}.", code="unknown_placeholder")
    if "{{" in PLACEHOLDER.sub("", message) or "}}" in PLACEHOLDER.sub("", message):
        raise invalid(
            "/message", "A placeholder is not written as {{field}} or {{field|default}}.", code="bad_placeholder"
        )
