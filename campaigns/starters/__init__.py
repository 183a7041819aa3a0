"""Starter templates: texts by trade and language to begin with, part of the code and not of anybody's database."""

from collections.abc import Iterable

from campaigns.starters.english import ENGLISH
from campaigns.starters.greek import GREEK
from campaigns.starters.starter import TRADES, Starter

STARTERS: tuple[Starter, ...] = (*ENGLISH, *GREEK)
BY_KEY = {starter.key: starter for starter in STARTERS}
LANGUAGES = tuple(dict.fromkeys(starter.language for starter in STARTERS))

__all__ = ["BY_KEY", "LANGUAGES", "STARTERS", "TRADES", "Starter", "choose"]


def choose(*, language: str = "", trade: str = "") -> Iterable[Starter]:
    """The starters in a language and of a trade; empty: of any."""
    return [one for one in STARTERS if (not language or one.language == language) and (not trade or one.trade == trade)]
