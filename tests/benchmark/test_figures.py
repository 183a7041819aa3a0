"""Figures of repetitions become medians and ratios, and sizes are written as people write them."""

import pytest

from messaging.benchmark.figures import Figure, number, percentile, rows, short


def test_a_ratio_is_the_median_of_the_pairs_and_not_the_pair_of_medians() -> None:
    quiet = [Figure("rate", "/s", 100, 200)]
    loaded = [Figure("rate", "/s", 10, 10)]
    quieter = [Figure("rate", "/s", 300, 400)]

    [row] = rows([quiet, loaded, quieter])

    assert (row.ours, row.raw) == ([100, 10, 300], [200, 10, 400])
    assert (row.median, row.raw_median, row.ratio) == (100, 200, 0.75)


def test_without_a_baseline_there_is_no_ratio() -> None:
    [row] = rows([[Figure("wait", "s", 2, None, "less")]])

    assert (row.median, row.raw_median, row.ratio) == (2, None, None)
    assert row.document() == {
        "name": "wait",
        "unit": "s",
        "better": "less",
        "ours": [2],
        "raw": [],
        "median": 2,
        "raw_median": None,
        "ratio": None,
    }


def test_a_baseline_of_nothing_divides_nothing() -> None:
    [row] = rows([[Figure("CPU", "µs", 5, 0)], [Figure("CPU", "µs", 5, 10)]])

    assert row.ratio == 0.5


def test_figures_keep_their_order() -> None:
    found = rows([[Figure("b", "", 1), Figure("a", "", 2)], [Figure("b", "", 3), Figure("a", "", 4)]])

    assert [(row.name, row.ours) for row in found] == [("b", [1, 3]), ("a", [2, 4])]


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (95, 95), (100, 100)])
def test_percentiles_are_values_that_were_there(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_the_percentile_of_one_value_is_that_value() -> None:
    assert percentile([7.0], 95) == 7.0


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 95)


@pytest.mark.parametrize(
    ("text", "value"), [("10k", 10_000), ("1M", 1_000_000), ("1.5m", 1_500_000), ("250", 250), ("1_000", 1000)]
)
def test_sizes_are_read(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "k", "0", "-5", "1.5", "ten", "0.0001k"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        number(text)


@pytest.mark.parametrize(("value", "text"), [(10_000, "10k"), (1_500_000, "1.5M"), (250, "250"), (1_234, "1234")])
def test_sizes_are_shown(value: int, text: str) -> None:
    assert short(value) == text
