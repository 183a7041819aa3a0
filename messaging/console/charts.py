"""Charts as numbers for an SVG: where lines run, what stands at the axes. Drawn by the server, styled by the page."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 58, 8, 14, 26
FEW = 3  # points
LINES = 3  # of the grid, above zero


class Tick(NamedTuple):
    """A mark at an axis: where, and what is written there."""

    at: float
    text: str
    anchor: str = "middle"


class Chart(NamedTuple):
    """A chart of `width` × `height` units. `line`, `area` and `second` are paths; `second` may be empty."""

    width: int
    height: int
    line: str
    area: str
    second: str
    rows: list[Tick]
    columns: list[Tick]
    base: float
    left: int
    right: int


class Column(NamedTuple):
    """A column of stacked parts: x, and (y, height, kind) of each."""

    x: float
    parts: list[tuple[float, float, str]]
    title: str


class Columns(NamedTuple):
    """A chart of columns."""

    width: int
    height: int
    columns: list[Column]
    thickness: float
    rows: list[Tick]
    days: list[Tick]
    base: float


def nice(top: float) -> int:
    """The next number above `top` that divides well into LINES: 3, 6, 15, 30, 60, 150, …"""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * LINES >= top:
                return step * factor * LINES
        step *= 10


def rate_chart(series: Mapping[str, Any]) -> Chart | None:
    """Messages per minute over time, and those that failed; None when nothing was sent."""
    points = series["points"]
    if not any(point["sent"] or point["failed"] for point in points):
        return None
    each = 60 / series["bucket"]
    edge = [0.0] if len(points) < FEW else []  # a short campaign rises and falls, instead of being a dot
    sent = [*edge, *(point["sent"] * each for point in points), *edge]
    failed = [*edge, *((point["failed"] + point["undelivered"]) * each for point in points), *edge]
    top = nice(max(*sent, *failed, 1))
    base = HEIGHT - BOTTOM
    line = _path(sent, top)
    first, last = _x(0, len(sent)), _x(len(sent) - 1, len(sent))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        line=line,
        area=f"{line}L{last:.1f} {base}L{first:.1f} {base}Z",
        second=_path(failed, top) if any(failed) else "",
        rows=_rows(top),
        columns=_times([point["at"] for point in points], seconds=series["bucket"]),
        base=base,
        left=LEFT,
        right=WIDTH - RIGHT,
    )


def day_chart(known: Sequence[Mapping[str, Any]], *, since: date, until: date) -> Columns | None:
    """Messages of each day by what came of them; days that are not known had none. None when no day had any."""
    days = _every_day(known, since=since, until=until)
    sums = [day["sent"] + day["failed"] for day in days]
    if not any(sums):
        return None
    top = nice(max(sums))
    room = (WIDTH - LEFT - RIGHT) / len(days)
    columns = [_column(day, x=LEFT + room * (n + 0.16), top=top) for n, day in enumerate(days)]
    shown = range(0, len(days), max(len(days) // 5, 1))
    ends = {0: "start", len(days) - 1: "end"}
    ticks = [Tick(LEFT + room * (n + 0.5), _day(days[n]["day"]), ends.get(n, "middle")) for n in shown]
    return Columns(WIDTH, HEIGHT, columns, room * 0.68, _rows(top), ticks, HEIGHT - BOTTOM)


def _every_day(known: Sequence[Mapping[str, Any]], *, since: date, until: date) -> list[Mapping[str, Any]]:
    by_day = {str(day["day"]): day for day in known}
    none = dict.fromkeys(("sent", "delivered", "undelivered", "failed"), 0)
    days = [(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)]
    return [by_day.get(day, {"day": day, **none}) for day in days]


def _column(day: Mapping[str, Any], *, x: float, top: int) -> Column:
    bad = day["failed"] + day["undelivered"]
    waiting = max(day["sent"] - day["delivered"] - day["undelivered"], 0)
    parts, base = [], float(HEIGHT - BOTTOM)
    for amount, kind in ((day["delivered"], ""), (waiting, "other"), (bad, "failed")):
        tall = amount / top * (HEIGHT - TOP - BOTTOM)
        base -= tall
        if amount:
            parts.append((round(base, 2), round(tall, 2), kind))
    sent = formats.number_format(day["sent"], force_grouping=True)
    return Column(round(x, 2), parts, f"{_day(day['day'])}: {sent}")


def _path(values: Sequence[float], top: int) -> str:
    tall = HEIGHT - TOP - BOTTOM
    steps = [f"{_x(n, len(values)):.1f} {HEIGHT - BOTTOM - value / top * tall:.1f}" for n, value in enumerate(values)]
    return "M" + "L".join(steps)


def _x(number: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (number / (count - 1) if count > 1 else 0.5)


def _rows(top: int) -> list[Tick]:
    tall = HEIGHT - TOP - BOTTOM
    return [
        Tick(round(HEIGHT - BOTTOM - tall * n / LINES, 1), formats.number_format(top * n // LINES, force_grouping=True))
        for n in range(LINES + 1)
    ]


def _times(moments: Sequence[str], *, seconds: int) -> list[Tick]:
    shape = "j M" if len(moments) * seconds > 2 * 86_400 else "H:i" if seconds >= 60 else "H:i:s"
    last = len(moments) - 1
    chosen = [(0, "start"), (last // 2, "middle"), (last, "end")] if last >= 4 else [(0, "start")]
    return [Tick(_x(n, last + 1), formats.date_format(_local(moments[n]), shape), anchor) for n, anchor in chosen]


def _local(text: str) -> datetime:
    return timezone.localtime(parse_datetime(text))


def _day(text: str) -> str:
    return formats.date_format(datetime.fromisoformat(str(text)), "j M")
