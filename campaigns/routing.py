"""Which countries a store has routes of their own for: asked by the snapshot, answered by whoever knows routes.

Routes belong to the layer above. It registers its answer at start; without one no batch is cut by country.
"""

from collections.abc import Callable

Countries = Callable[[int], frozenset[str]]

_answers: list[Countries] = []


def register(countries: Countries) -> None:
    """Let `countries` (store id -> ISO 3166 codes) be asked. Once per process; the last one counts."""
    _answers[:] = [countries]


def routed_countries(store_id: int) -> frozenset[str]:
    """Countries whose phones must not share a batch with others of the store's."""
    return _answers[0](store_id) if _answers else frozenset()
