"""What is loaded once is not searched for garbage again and again."""

import gc
from collections.abc import Iterator

import pytest

from config.memory import settle
from config.tasks import settle_child


@pytest.fixture
def thawed() -> Iterator[None]:
    """The collector as it was."""
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("call", [settle, settle_child])
def test_what_is_alive_is_out_of_the_collectors_sight(call: object, thawed: None) -> None:
    kept = ["alive"]
    assert callable(call)

    call()

    assert gc.get_freeze_count() > 10_000
    assert not any(each is kept for each in gc.get_objects())
