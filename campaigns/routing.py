"""What the snapshot must know of routes: asked here, answered by whoever knows them.

Routes belong to the layer above. It registers its answers at start; without them no batch is cut by country or pace.
"""

from collections.abc import Callable
from typing import NamedTuple


class Roads(NamedTuple):
    """Answers by a store's id: ISO 3166 codes with routes of their own; parts per second of the slowest account."""

    countries: Callable[[int], frozenset[str]]
    pace: Callable[[int], int]


_answers: list[Roads] = []


def register(roads: Roads) -> None:
    """Let `roads` be asked. Once per process; the last one counts."""
    _answers[:] = [roads]


def routed_countries(store_id: int) -> frozenset[str]:
    """Countries whose phones must not share a batch with others of the store's."""
    return _answers[0].countries(store_id) if _answers else frozenset()


def pace(store_id: int) -> int:
    """Parts per second that every account which may carry the store's messages takes; 0: nobody knows."""
    return _answers[0].pace(store_id) if _answers else 0
