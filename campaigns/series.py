"""A campaign over time, for a chart: counted minutes, added up so that no answer has more than a few hundred points."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from campaigns.queries.watching import Point, points, span
from config.problems import invalid

BUCKETS = (60, 300, 900, 3600, 21_600, 86_400)  # seconds
POINTS = 300


class Series(NamedTuple):
    """Points every `bucket` seconds without gaps, from the first minute to the last in which anything happened."""

    bucket: int
    points: list[Point]


def series(campaign_id: int, *, bucket: int | None = None, hours: int | None = None) -> Series:
    """The campaign's points, at most POINTS: by the finest of BUCKETS that allows it, or by the one that is asked for.

    `hours`: only the first so many. Raises InvalidFields when what is asked for would take more points. The minutes'
    key: they are counted in the statement that moves the recipients.
    """
    found = span(campaign_id)
    if found.first is None or found.last is None:
        return Series(bucket or BUCKETS[0], [])
    last = min(found.last, found.first + timedelta(hours=hours)) if hours else found.last
    chosen = bucket or next((size for size in BUCKETS if _number(found.first, last, size) <= POINTS), BUCKETS[-1])
    number = _number(found.first, last, chosen)
    if number > POINTS:
        raise invalid("/bucket", f"That would be {number} points; at most {POINTS}. Choose a longer bucket.")
    start = _floor(found.first, chosen)
    moments = range(start, start + number * chosen, chosen)
    until = datetime.fromtimestamp(moments.stop, tz=UTC)
    rows = points(campaign_id=campaign_id, seconds=chosen, start=found.first, end=until)
    known = {row.at: row for row in rows}
    return Series(chosen, [known.get(at, Point(at, 0, 0, 0, 0, 0)) for at in moments])


def _floor(moment: datetime, seconds: int) -> int:
    """The beginning of the bucket in seconds since 1970, counted as the statement does."""
    return int(moment.timestamp()) // seconds * seconds


def _number(first: datetime, last: datetime, seconds: int) -> int:
    return (_floor(last, seconds) - _floor(first, seconds)) // seconds + 1
