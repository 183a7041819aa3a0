"""A table of names and numbers below 100, for whoever tries statements out."""

from typing import NamedTuple

import pytest

from config.sql import execute


class Pair(NamedTuple):
    """Two columns."""

    name: str
    number: int


@pytest.fixture
def pairs(db: None) -> None:
    """An empty table of this session."""
    execute("CREATE TEMPORARY TABLE pairs (name text, number int CHECK (number < 100)) ON COMMIT DROP", {})
