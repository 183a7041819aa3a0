"""What a form asks for the argument of an operator, and the way between its texts and what the API takes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from audiences.segments.arguments import Choice, Day, Flag, Month, Named, Number, Pair, Several
from audiences.segments.rule import Argument

MONTHS = (*Month.NAMED, *map(str, range(1, 13)))
FLAGS: Mapping[str, bool] = {"true": True, "false": False}
WIDGETS: Mapping[type, str] = {Number: "number", Day: "date", Choice: "choice", Flag: "choice", Month: "choice"}


class Field(NamedTuple):
    """One argument in a form.

    `widget`: text, number, date, choice (of `options`), or named (of the store's own, by `what`: list, campaign);
    `several`: some values, any of which will do; `pair`: from one value to another.
    """

    widget: str
    what: str
    several: bool = False
    pair: bool = False
    options: Sequence[str] = ()


UNKNOWN = Field("text", "")


def field_of(takes: Argument) -> Field:
    """The field for what an operator takes."""
    one: Any = takes.one if isinstance(takes, (Several, Pair)) else takes
    widget = "named" if isinstance(one, Named) else WIDGETS.get(type(one), "text")
    return Field(widget, one.name.removesuffix(" id"), isinstance(takes, Several), isinstance(takes, Pair), _of(one))


def _of(one: Any) -> Sequence[str]:
    """The words to choose from."""
    if isinstance(one, Flag):
        return tuple(FLAGS)
    if isinstance(one, Month):
        return MONTHS
    return one.options if isinstance(one, Choice) else ()


def decode(field: Field, said: Sequence[str]) -> Any:
    """The API's argument. What is no number, or is missing, stays as it was written: the API says what is wrong."""
    texts = [one.strip() for one in said]
    if field.several and field.widget == "text":
        texts = [piece.strip() for one in texts for piece in one.split(",") if piece.strip()]
    values = [_value(field, text) for text in texts]
    if field.several or field.pair:
        return values
    return values[0] if values else ""


def _value(field: Field, text: str) -> Any:
    if field.widget == "number" or (field.what == "month" and text.isdecimal()):
        return _number(text)
    if field.options == tuple(FLAGS):
        return FLAGS.get(text, text)
    return text.upper() if field.what == "country" else text


def _number(text: str) -> int | float | str:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(value) if value.is_integer() else value if abs(value) < float("inf") else text


def encode(field: Field, value: Any) -> list[str]:
    """The texts of the form's inputs for an argument of the API's."""
    values = value if isinstance(value, list) else [value]
    texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
    return [", ".join(texts)] if field.several and field.widget == "text" else texts
