"""The charts of the first page: SVG made here, coloured by the style sheet, so that no policy has to allow anything."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from messaging.ops.queries import Minute

HOURS = 24
MINUTES = 60
WIDE, NARROW, HIGH = 700, 420, 200  # of the two charts, in their own units
STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)  # of a power of ten: what reads as a round number
TOP, BOTTOM = 12, 22  # room above the highest value, and below for the labels


class Hour(NamedTuple):
    """What came to be in one hour."""

    at: datetime
    sent: int
    delivered: int
    failed: int


def hours(found: Sequence[Minute], *, now: datetime) -> list[Hour]:
    """The last 24 hours of the clock, the present one last, without gaps."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    sums = {first + timedelta(hours=n): [0, 0, 0] for n in range(HOURS)}
    for minute in found:
        at = minute.at.astimezone(UTC).replace(minute=0)
        if at in sums:
            sums[at] = [a + b for a, b in zip(sums[at], minute[1:], strict=True)]
    return [Hour(at, *numbers) for at, numbers in sums.items()]


def whole(day: Sequence[Hour]) -> Hour:
    """All hours in one."""
    return Hour(
        day[0].at,
        sum(hour.sent for hour in day),
        sum(hour.delivered for hour in day),
        sum(hour.failed for hour in day),
    )


def per_minute(found: Sequence[Minute], *, now: datetime) -> list[int]:
    """Accepted messages in each of the last 60 whole minutes."""
    this = now.replace(second=0, microsecond=0)
    known = {minute.at: minute.sent for minute in found}
    return [known.get(this - timedelta(minutes=ago), 0) for ago in range(MINUTES, 0, -1)]


def scale(top: int) -> tuple[int, list[int]]:
    """A round number that is not below `top`, and where lines go: at it and at its half."""
    size = 1
    while size * 10 <= top:
        size *= 10
    whole = next(int(size * step) for step in STEPS if size * step >= top and size * step == int(size * step))
    return max(whole, 1), [whole // 2, whole] if whole > 1 else [1]


def bars(day: Sequence[Hour]) -> SafeString:
    """24 hours as bars: accepted behind, delivered before it, failed beside."""
    top, lines = scale(max(max(hour[1:]) for hour in day))
    step = WIDE / len(day)
    shown = format_html_join(
        "",
        '<g><title>{}</title><rect class="sent" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<rect class="delivered" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
        '<rect class="failed" x="{}" y="{}" width="{}" height="{}"/>'
        '<text x="{}" y="{}">{}</text></g>',
        (_bar(hour, left=n * step, step=step, top=top) for n, hour in enumerate(day)),
    )
    return _frame(shown, wide=WIDE, lines=lines, top=top, label=_told(day))


def _bar(hour: Hour, *, left: float, step: float, top: int) -> tuple[object, ...]:
    words = f"{hour.at:%H}:00 {hour.sent:,} accepted, {hour.delivered:,} delivered, {hour.failed:,} failed"
    rects: list[object] = []
    for number, at, share in ((hour.sent, 0.14, 0.5), (hour.delivered, 0.14, 0.5), (hour.failed, 0.68, 0.16)):
        high = _high(number, top=top)
        rects += [round(left + at * step, 1), round(HIGH - BOTTOM - high, 1), round(share * step, 1), round(high, 1)]
    return (words, *rects, round(left + 0.39 * step, 1), HIGH - 6, f"{hour.at:%H}")


def area(rates: Sequence[int]) -> SafeString:
    """60 minutes as an area."""
    top, lines = scale(max(rates))
    step = NARROW / (len(rates) - 1)
    points = [f"{n * step:.1f},{HIGH - BOTTOM - _high(rate, top=top):.1f}" for n, rate in enumerate(rates)]
    floor = HIGH - BOTTOM
    shown = format_html(
        '<polygon class="area" points="0,{} {} {},{}"/><polyline class="line" points="{}"/>',
        floor,
        " ".join(points),
        NARROW,
        floor,
        " ".join(points),
    )
    labels = format_html_join(
        "",
        '<text x="{}" y="{}">{}</text>',
        ((NARROW * part / 4, HIGH - 6, f"−{MINUTES - 15 * part}") for part in (1, 2, 3)),
    )
    told = f"Accepted each minute of the last hour: {rates[-1]:,} in the last one, {max(rates):,} at most."
    return _frame(SafeString(shown + labels), wide=NARROW, lines=lines, top=top, label=told)


def _high(number: int, *, top: int) -> float:
    return number / top * (HIGH - TOP - BOTTOM)


def _told(day: Sequence[Hour]) -> str:
    total = whole(day)
    return f"The last 24 hours: {total.sent:,} accepted, {total.delivered:,} delivered, {total.failed:,} failed."


def _frame(inside: SafeString, *, wide: int, lines: Sequence[int], top: int, label: str) -> SafeString:
    heights = [round(HIGH - BOTTOM - _high(line, top=top), 1) for line in lines]
    grid = format_html_join(
        "",
        '<line x1="0" x2="{}" y1="{}" y2="{}"/>',
        ((wide, y, y) for y in heights),
    )
    values = format_html_join(
        "",
        '<text class="value" x="0" y="{}">{}</text>',
        ((y - 3, f"{line:,}") for line, y in zip(lines, heights, strict=True)),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<line class="floor" x1="0" x2="{}" y1="{}"'
        ' y2="{}"/>{}{}</svg>',
        wide,
        HIGH,
        label,
        grid,
        wide,
        HIGH - BOTTOM,
        HIGH - BOTTOM,
        inside,
        values,
    )
