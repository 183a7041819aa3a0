"""Deaths at the places of config/failpoints.py: the process whose code passes there is replaced by a mined one."""

import signal
import time
from collections.abc import Callable

from config.failpoints import POINTS
from messaging.drill.rig import Fault, Rig

# Which processes pass a place, by the place's first word.
PASSED_BY = {
    "launch": ("web",),
    "snapshot": ("work", "web"),
    "claim": ("send1",),
    "mark": ("send2",),
    "call": ("send1",),
    "settle": ("send2",),
    "receipt": ("web",),
    "drain": ("work",),
    "finish": ("send1", "send2"),
    "close_cancelled": ("work",),
}
# Places where it is worth to be frozen instead, and to wake up when others have taken over.
FROZEN_AT = ("claim.committed", "mark.committed", "call.answered", "settle.before_commit")
# A mined process needs some seconds to start; some places are passed only when a campaign ends or is launched.
SECONDS = {"finish": 40.0, "launch": 40.0, "snapshot": 40.0}
USUAL_SECONDS = 25.0
SELDOM = ("finish", "launch", "snapshot", "close_cancelled")
# So long after the mine a campaign is cancelled, for who is to die while closing it.
CANCEL_AFTER = 12.0
GIVE_UP = "from messaging.unknown import give_up_overdue; give_up_overdue(limit=1000, deadline_hours=0)"


def _lay(point: str, *, how: str = "") -> Callable[[Rig], bool]:
    def lay(rig: Rig) -> bool:
        nth = "" if point.startswith(SELDOM) else f"@{rig.random.randint(1, 3)}"
        for name in PASSED_BY[point.partition(".")[0]]:
            rig.house.mine(name, f"{point}{nth}{how}")
        if point.startswith("close_cancelled"):
            rig.later(CANCEL_AFTER, lambda rig: rig.small.move("cancel") or rig.large.move("cancel"))
        if how:
            rig.freezes(SECONDS.get(point, USUAL_SECONDS))
        return False  # whether somebody passed there is in the logs

    return lay


def _clear(point: str) -> Callable[[Rig], None]:
    def clear(rig: Rig) -> None:
        for name in PASSED_BY[point.partition(".")[0]]:
            rig.house.signal(name, signal.SIGCONT)
            rig.house.disarm(name)

    return clear


def _give_up(rig: Rig, *, mine: str = "") -> bool:
    """The deadline is now, by a command of its own; receipts that come after it are billed late."""
    if time.monotonic() < rig.frozen_until:
        return False  # an answer may still come from somebody who was frozen
    rig.house.start_command("give_up", ["python", "manage.py", "shell", "-v0", "-c", GIVE_UP], mine=mine)
    return not mine


def _mined(point: str) -> Fault:
    if point == "give_up.before_commit":
        return Fault(lambda rig: _give_up(rig, mine=point))
    return Fault(_lay(point), SECONDS.get(point.partition(".")[0], USUAL_SECONDS), _clear(point))


FAULTS = {
    **{f"die at {point}": _mined(point) for point in POINTS},
    **{f"freeze at {point}": Fault(_lay(point, how=":stop"), USUAL_SECONDS, _clear(point)) for point in FROZEN_AT},
    "the deadline is now": Fault(_give_up),
}
