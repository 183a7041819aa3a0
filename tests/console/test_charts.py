"""Charts: the right numbers at the right places."""

from datetime import date

import pytest

from messaging.console.charts import day_chart, nice, rate_chart


def points(*sent: int, bucket: int = 60) -> dict[str, object]:
    rows = [
        {"at": f"2026-03-01T10:{n:02}:00Z", "sent": number, "delivered": 0, "undelivered": 0, "failed": 0}
        for n, number in enumerate(sent)
    ]
    return {"bucket": bucket, "points": rows}


@pytest.mark.parametrize(("top", "above"), [(0, 3), (3, 3), (4, 6), (7, 15), (31, 60), (2801, 3000), (90_001, 150_000)])
def test_the_grid_ends_at_a_round_number(top: int, above: int) -> None:
    assert nice(top) == above


def test_the_line_runs_through_its_points() -> None:
    chart = rate_chart(points(0, 300, 150))

    assert chart
    assert chart.line == "M58.0 164.0L345.0 14.0L632.0 89.0"
    assert [row.text for row in chart.rows] == ["0", "100", "200", "300"]


def test_buckets_of_ten_seconds_are_shown_by_the_minute() -> None:
    chart = rate_chart(points(50, 50, 50, bucket=10))

    assert chart
    assert chart.rows[-1].text == "300"


def test_nothing_sent_is_no_chart() -> None:
    assert rate_chart(points(0, 0)) is None
    assert day_chart([], since=date(2026, 3, 1), until=date(2026, 3, 31)) is None


def test_days_without_messages_are_gaps() -> None:
    day = {"day": "2026-03-02", "sent": 30, "delivered": 20, "undelivered": 5, "failed": 2}

    chart = day_chart([day], since=date(2026, 3, 1), until=date(2026, 3, 3))

    assert chart
    assert [len(column.parts) for column in chart.columns] == [0, 3, 0]
    assert chart.columns[1].title == "2 Mar: 30"
