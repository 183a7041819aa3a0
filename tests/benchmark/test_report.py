"""What a person reads: medians beside the baseline, and beside an earlier run."""

from typing import Any

from messaging.benchmark.figures import Figure, rows
from messaging.benchmark.report import compare, grown, show


def result(*figures: Figure, road: str = "sending") -> dict[str, Any]:
    return {
        "at": "2026-11-22T12:00:00Z",
        "machine": {"processors": 4, "postgresql": "18.6", "python": "3.11.7", "load": [0.5, 3.9]},
        "options": {"repeat": 1},
        "roads": [{"road": road, "recipients": 10_000, "figures": [row.document() for row in rows([figures])]}],
    }


def line_of(text: str, name: str) -> list[str]:
    return next(line for line in text.splitlines() if name in line).split()


def test_a_line_has_the_median_the_baseline_and_the_ratio() -> None:
    shown = show(result(Figure("sending", "messages/s", 15_000, 20_000)))

    assert "sending, 10k recipients" in shown
    assert line_of(shown, "messages/s") == ["sending,", "messages/s", "15,000", "20,000", "0.75", "▲"]
    assert "load 0.5 before and 3.9 after" in shown


def test_a_line_without_a_baseline_says_which_way_is_better() -> None:
    shown = show(result(Figure("peak memory, send", "MB", 121.4, None, "less")))

    assert line_of(shown, "peak memory") == ["peak", "memory,", "send,", "MB", "121", "▼"]


def test_small_figures_keep_three_digits() -> None:
    assert line_of(show(result(Figure("statements per message", "", 0.02841))), "statements")[-2] == "0.0284"


def test_an_earlier_run_stands_beside() -> None:
    earlier = result(Figure("sending", "messages/s", 10_000), Figure("gone", "s", 1))
    now = result(Figure("sending", "messages/s", 15_000), Figure("new", "s", 1))

    shown = compare(now, earlier)

    assert line_of(shown, "messages/s") == ["sending,", "messages/s", "15,000", "10,000", "1.50", "▲"]
    assert "gone" not in shown
    assert "new" not in shown


def test_a_road_that_only_one_run_took_is_left_out() -> None:
    shown = compare(result(Figure("quote", "s", 1), road="quote"), result(Figure("quote", "s", 1)))

    assert "quote" not in shown


def test_an_earlier_zero_has_no_ratio() -> None:
    shown = compare(result(Figure("CPU", "µs", 3)), result(Figure("CPU", "µs", 0)))

    assert line_of(shown, "CPU") == ["CPU,", "µs", "3", "0", "▲"]


def test_the_largest_size_stands_beside_the_smallest() -> None:
    small, large = (
        result(Figure("WAL per message", "B", 1000, None, "less")),
        result(Figure("WAL per message", "B", 1300, None, "less"), Figure("new", "s", 1)),
    )
    large["roads"][0]["recipients"] = 1_000_000

    shown = grown({**small, "roads": small["roads"] + large["roads"]})

    assert "1M recipients beside 10k" in shown
    assert line_of(shown, "WAL") == ["WAL", "per", "message,", "B", "1,300", "1,000", "1.30", "▼"]
    assert "new" not in shown


def test_one_size_has_nothing_to_grow_from() -> None:
    assert grown(result(Figure("WAL", "B", 1))) == ""
