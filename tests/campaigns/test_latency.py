"""Latency in buckets: any percentile within an eighth, whatever the durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.latency import LAST, bucket, edge, percentile

SECONDS = st.floats(min_value=0.0, max_value=300_000.0, allow_nan=False)


@pytest.mark.parametrize(
    ("seconds", "number"), [(-5.0, 0), (0.0, 0), (0.24, 0), (0.26, 1), (1.0, 3), (60.0, 18), (86_400.0, 50), (1e12, 63)]
)
def test_durations_fall_into_growing_buckets(seconds: float, number: int) -> None:
    assert bucket(seconds) == number


@given(seconds=SECONDS)
def test_a_bucket_holds_what_is_put_into_it(seconds: float) -> None:
    number = bucket(seconds)

    assert number <= LAST
    assert edge(number) <= seconds + 1e-6
    assert seconds < edge(number + 1) + 1e-6


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile({}, 0.5) is None
    assert percentile({3: 0}, 0.5) is None


def test_percentiles_of_a_hundred() -> None:
    counts = {bucket(2.0): 90, bucket(30.0): 9, bucket(3600.0): 1}

    assert percentile(counts, 0.5) == pytest.approx(2.0, rel=0.25)
    assert percentile(counts, 0.95) == pytest.approx(30.0, rel=0.25)
    assert percentile(counts, 0.99) == pytest.approx(30.0, rel=0.25)
    assert percentile(counts, 1.0) == pytest.approx(3600.0, rel=0.25)


@given(durations=st.lists(SECONDS, min_size=1, max_size=60), share=st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_lies_in_the_bucket_of_the_true_one(durations: list[float], share: float) -> None:
    counts: dict[int, int] = {}
    for seconds in durations:
        counts[bucket(seconds)] = counts.get(bucket(seconds), 0) + 1
    rank = max(-(-len(durations) * int(share * 100) // 100) - 1, 0)
    true = sorted(durations)[rank]

    found = percentile(counts, share)

    assert found is not None
    assert edge(bucket(true)) - 0.01 <= found <= edge(bucket(true) + 1) + 0.01
