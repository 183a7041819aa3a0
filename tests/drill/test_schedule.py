"""Which fault comes when."""

import random

import pytest

from config.failpoints import POINTS
from messaging.drill.faults import FAULTS
from messaging.drill.faults.provider import CALLS
from messaging.drill.schedule import schedule
from providers.simulator import plan

NAMES = ["a", "b", "c", "d"]


def names(seed: int, *, seconds: float = 60.0) -> list[str]:
    return [one.name for one in schedule(NAMES, seconds=seconds, rng=random.Random(seed))]


def test_one_seed_is_one_schedule() -> None:
    first, second = (schedule(NAMES, seconds=60, rng=random.Random(7)) for _ in range(2))

    assert first == second
    assert names(7) != names(8)


def test_every_kind_comes_before_one_comes_twice() -> None:
    order = names(3)

    assert sorted(order[:4]) == sorted(order[4:8]) == NAMES


def test_the_first_and_the_last_seconds_are_calm() -> None:
    moments = [one.at for one in schedule(NAMES, seconds=60, rng=random.Random(1))]

    assert moments == sorted(moments)
    assert moments[0] >= 4.0
    assert moments[-1] < 54.0
    assert 15 < len(moments) < 35


def test_a_minute_too_short_for_anything_has_no_fault() -> None:
    assert names(1, seconds=5) == []


@pytest.mark.parametrize("point", POINTS)
def test_there_is_a_fault_for_every_crash_point(point: str) -> None:
    assert f"die at {point}" in FAULTS


def test_the_faults_of_the_provider_are_those_that_it_can_play() -> None:
    assert set(CALLS) <= plan.FAULTS
    assert {"429", "500", "502_after", "503", "hang_before", "hang_after", "drop_before", "drop_after"} <= set(CALLS)
