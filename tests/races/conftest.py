"""After every race: rows, counters, holds and ledger agree."""

from collections.abc import Iterator

import pytest

from tests.steps import assert_sound


@pytest.fixture(autouse=True)
def sound(transactional_db: None) -> Iterator[None]:
    """Whoever won, the sums hold."""
    yield
    assert_sound()
