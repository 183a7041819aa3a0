"""What a starter template is."""

from typing import NamedTuple

TRADES = ("retail", "restaurant", "salon", "fitness", "events", "clinic", "hotel", "school")


class Starter(NamedTuple):
    """A text to begin with. `key`: `<trade>.<subject>.<language>`; `category`: one of those of templates."""

    key: str
    trade: str
    language: str
    category: str
    name: str
    text: str


def starters(language: str, rows: dict[str, tuple[tuple[str, str, str, str], ...]]) -> tuple[Starter, ...]:
    """The starters of a language from trade → (subject, category, name, text)."""
    return tuple(
        Starter(f"{trade}.{subject}.{language}", trade, language, category, name, text)
        for trade, texts in rows.items()
        for subject, category, name, text in texts
    )
