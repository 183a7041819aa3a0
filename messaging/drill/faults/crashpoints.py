"""Deaths at the places of config/failpoints.py: the process whose code passes there is replaced by a mined one."""

import signal
from collections.abc import Callable

from config.failpoints import POINTS
from messaging.drill.rig import Fault, Rig

# Which process passes a place, by the place's first word.
PASSED_BY = {
    "launch": ("web",),
    "snapshot": ("work",),
    "claim": ("send1",),
    "mark": ("send2",),
    "call": ("send1",),
    "settle": ("send2",),
    "receipt": ("web",),
    "drain": ("work",),
    "finish": ("send1", "send2"),
    "close_cancelled": ("work",),
    "give_up": ("work",),
}
# Places where it is worth to be frozen instead, and to wake up when others have taken over.
FROZEN_AT = ("claim.committed", "mark.committed", "call.answered", "settle.before_commit")
# Some places are passed only when a campaign ends or is launched.
SECONDS = {"finish": 40.0, "launch": 30.0, "snapshot": 30.0, "close_cancelled": 40.0, "give_up": 40.0}


def _lay(point: str, *, how: str = "") -> Callable[[Rig], bool]:
    def lay(rig: Rig) -> bool:
        nth = "" if point.startswith(("finish", "launch")) else f"@{rig.random.randint(1, 3)}"
        for name in PASSED_BY[point.partition(".")[0]]:
            rig.house.mine(name, f"{point}{nth}{how}")
        if point.startswith("close_cancelled"):
            rig.large.move("cancel")
        return False  # whether somebody passed there is in the logs

    return lay


def _clear(point: str) -> Callable[[Rig], None]:
    def clear(rig: Rig) -> None:
        for name in PASSED_BY[point.partition(".")[0]]:
            rig.house.signal(name, signal.SIGCONT)
            rig.house.disarm(name)

    return clear


def _name(point: str) -> str:
    return f"die at {point}"


FAULTS = {
    **{_name(point): Fault(_lay(point), SECONDS.get(point.partition(".")[0], 15.0), _clear(point)) for point in POINTS},
    **{f"freeze at {point}": Fault(_lay(point, how=":stop"), 22.0, _clear(point)) for point in FROZEN_AT},
}
