"""What the doctor finds."""

from typing import NamedTuple

# Drifts shown per check: a broken table has millions, and a person reads the first.
SHOWN = 1000


class Drift(NamedTuple):
    """A number that is not what the rows behind it say. `subject`: `<kind>:<id>`; credits, except where noted."""

    name: str
    subject: str
    expected: int
    found: int
