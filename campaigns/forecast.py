"""How fast a campaign goes and when it will be through: its last minutes, the limits, and what its batches wait for."""

from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.progress import Progress, live
from campaigns.queries.watching import Movement, movement

# A batch that is due for so long, while nothing leaves, waits for a worker and not for its turn.
STALLED = timedelta(seconds=60)
MINUTE = 60.0
MOMENT = timedelta(seconds=5)  # a batch that is due so soon does not wait

REASONS = {
    "not_started": "It has not been started.",
    "scheduled": "It starts at its time.",
    "ended": "Nothing more will be sent.",
    "paused": "It is paused: nothing leaves until it is resumed.",
    "store_stopped": "Sending is stopped for this store.",
    "queue_disabled": "All sending is switched off at the moment.",
    "no_route": "No provider account may send at the moment.",
    "quiet_hours": "Some recipients have quiet hours: they are texted when these are over.",
    "local_time": "Some recipients get it at an hour of their own clock that has not come yet.",
    "pace": "The agreed pace is reached: the next messages leave in a moment.",
    "backing_off": "The provider could not take a batch: it is tried again in a moment.",
    "no_worker": "Messages are due and nothing leaves: other campaigns come first, or no worker is running.",
    "last_answers": "Everything has left; the last answers are being written down.",
}
CODES = tuple(REASONS)


class Pace(NamedTuple):
    """How fast the campaign may go. Told by the caller: providers are not known here.

    `allowed`: parts per second now, of `full`; less than that while the provider slows us down. `stopped`: a code of
    REASONS when nothing of the store may leave; `quiet`: whether the store has quiet hours.
    """

    allowed: float
    full: float
    stopped: str = ""
    quiet: bool = False


class Rate(NamedTuple):
    """Over the last sixty seconds, and what is allowed. Messages and parts per second."""

    messages: float
    parts: float
    allowed: float
    full: float
    slowed: bool


class Eta(NamedTuple):
    """When everything will have left, or None and why that cannot be said. `basis`: measured, limit or none."""

    at: datetime | None
    basis: str
    reason: str
    detail: str


class Forecast(NamedTuple):
    """Both, and whether anything left in the last minutes."""

    rate: Rate
    eta: Eta

    @property
    def moving(self) -> bool:
        """Whether anything leaves."""
        return self.rate.messages > 0


def forecast(campaign_id: int, *, progress: Progress, pace: Pace) -> Forecast:
    """Rate and end of a campaign: one statement while it is live, none otherwise."""
    if not live(progress):
        return Forecast(_rate(None, progress, pace), _without_end(progress))
    found = movement(campaign_id)
    rate = _rate(found, progress, pace)
    return Forecast(rate, _eta(found, progress, pace, rate))


def _rate(found: Movement | None, progress: Progress, pace: Pace) -> Rate:
    slowed = 0 < pace.allowed < pace.full
    if found is None:
        return Rate(0.0, 0.0, pace.allowed, pace.full, slowed)
    since = (found.now - progress.first_sent_at).total_seconds() if progress.first_sent_at else MINUTE
    # A sliding minute out of two counted ones; a campaign that is younger than that is all of what it did.
    share = 1.0 if since < MINUTE else max(MINUTE - found.elapsed, 0.0) / MINUTE
    seconds = min(MINUTE, max(since, 1.0))
    messages = (found.sent + found.sent_before * share) / seconds
    parts = (found.parts + found.parts_before * share) / seconds
    return Rate(round(messages, 1), round(parts, 1), pace.allowed, pace.full, slowed)


def _without_end(progress: Progress) -> Eta:
    codes = {"draft": "not_started", "scheduled": "scheduled"}
    return _unknown(codes.get(progress.status, "ended"))


def _unknown(code: str) -> Eta:
    return Eta(None, "none", code, REASONS[code])


def _eta(found: Movement, progress: Progress, pace: Pace, rate: Rate) -> Eta:
    unwritten = 0 if progress.prepared else max(progress.expected - progress.audience, 0)
    left = progress.counts["pending"] + unwritten
    if progress.status == "paused" or pace.stopped:
        return _unknown("paused" if progress.status == "paused" else pace.stopped)
    if not left:
        return _unknown("last_answers")
    measured = min(rate.parts, pace.allowed)
    overdue = found.first_ready is not None and found.first_ready < found.now - STALLED
    if not pace.allowed or (overdue and not measured):
        return _unknown("no_worker")
    speed = measured or pace.allowed
    parts = left * max(progress.parts_expected / progress.expected if progress.expected else 1.0, 1.0)
    begins = max(found.now, found.first_ready or found.now)
    through = begins + timedelta(seconds=parts / speed)
    at = max(through, found.last_ready or through)
    code = _waits(found, through, pace, progress)
    return Eta(at.replace(microsecond=0), "measured" if measured else "limit", code, REASONS.get(code, ""))


def _waits(found: Movement, through: datetime, pace: Pace, progress: Progress) -> str:
    """Why not everything leaves at once: the first batch that waits is not due yet, or the last one is due late."""
    first_waits = found.first_ready is not None and found.first_ready > found.now + MOMENT
    last_waits = found.last_ready is not None and found.last_ready > through + MOMENT
    if not first_waits and not last_waits:
        return ""
    if first_waits and found.error_class:
        return "backing_off"
    if progress.by_local_clock:
        return "local_time"
    return "quiet_hours" if pace.quiet else "pace"
