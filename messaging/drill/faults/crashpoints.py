"""Deaths at the places of config/failpoints.py: the process whose code passes there is replaced by a mined one."""

import signal
import time

from campaigns.models import CampaignRecipient
from config.failpoints import POINTS
from messaging.drill.rig import Fault, Rig

# Which process passes a place, by the place's first word. Of workers a mined one is started beside the healthy ones;
# web, which has the port, is replaced.
PASSED_BY = {
    "launch": "web",
    "snapshot": "web",
    "claim": "send1",
    "mark": "send1",
    "call": "send1",
    "settle": "send1",
    "receipt": "web",
    "drain": "work",
    "finish": "send1",
    "close_cancelled": "work",
}
# Places where it is worth to be frozen instead, and to wake up when others have taken over.
FROZEN_AT = ("claim.committed", "mark.committed", "call.answered", "settle.before_commit")
# A mined process needs some seconds to start; some places are passed only when a campaign ends or is launched.
SECONDS = {"finish": 50.0, "launch": 50.0, "snapshot": 50.0}
USUAL_SECONDS = 25.0
SELDOM = ("finish", "launch", "snapshot", "close_cancelled")
# So long after the mine a campaign is cancelled, for who is to die while closing it.
CANCEL_AFTER = 12.0
# Who is to die at a launch needs one: the small store cancels what it sends, and launches (or schedules) the next.
LAUNCH_AFTER = (10.0, 20.0, 30.0)
GIVE_UP = "from messaging.unknown import give_up_overdue; give_up_overdue(limit=1000, deadline_hours=0)"


class Mine:
    """A process that dies, or stops, at a point."""

    def __init__(self, point: str, *, how: str = "") -> None:
        self.point = point
        self.how = how
        self.by = PASSED_BY[point.partition(".")[0]]
        self._laid: list[str] = []

    def lay(self, rig: Rig) -> None:
        """Start it. Whether somebody passed there is in the logs."""
        nth = "" if self.point.startswith(SELDOM) else f"@{rig.random.randint(1, 3)}"
        failpoint = f"{self.point}{nth}{self.how}"
        if self.by == "web":
            rig.house.mine("web", failpoint)
        else:
            copies = 2 if self.point.startswith("finish") else 1
            self._laid += [rig.house.start_beside(self.by, mine=failpoint) for _ in range(copies)]
        if self.point.startswith("close_cancelled"):
            rig.later(CANCEL_AFTER, lambda rig: rig.small.move("cancel") or rig.large.move("cancel"))
        if self.point.startswith(("launch", "snapshot")):
            for seconds in LAUNCH_AFTER:
                rig.later(seconds, lambda rig: rig.small.move("cancel"))
        if self.how:
            rig.freezes(USUAL_SECONDS)

    def clear(self, rig: Rig) -> None:
        """Wake it if it sleeps, and end it if it lives."""
        if self.by == "web":
            rig.house.disarm("web")
        for name in self._laid:
            rig.house.signal(name, signal.SIGCONT)
            rig.house.stop_softly(name)
        self._laid.clear()


def _give_up(rig: Rig, *, mine: str = "") -> bool | None:
    """The deadline is now, by a command of its own; receipts that come after it are billed late."""
    unknown = CampaignRecipient.objects.filter(status="unknown").exists()
    if not unknown or time.monotonic() < rig.frozen_until:
        return False  # an answer may still come from somebody who was frozen
    rig.house.start_command("give_up", ["python", "manage.py", "shell", "-v0", "-c", GIVE_UP], FAILPOINT=mine)
    return None if mine else True


def _mined(point: str) -> Fault:
    if point == "give_up.before_commit":
        return Fault(lambda rig: _give_up(rig, mine=point))
    mine = Mine(point)
    return Fault(mine.lay, SECONDS.get(point.partition(".")[0], USUAL_SECONDS), mine.clear)


def _frozen(point: str) -> Fault:
    mine = Mine(point, how=":stop")
    return Fault(mine.lay, USUAL_SECONDS, mine.clear)


FAULTS = {
    **{f"die at {point}": _mined(point) for point in POINTS},
    **{f"freeze at {point}": _frozen(point) for point in FROZEN_AT},
    "the deadline is now": Fault(_give_up),
}
