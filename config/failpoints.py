"""Named places at which a process can be made to die, for tests and the crash drill; nothing in production.

`FAILPOINT=call.answered` kills the process with SIGKILL where `reach("call.answered")` stands; `…@3` at the third
passage; `…:stop` suspends it with SIGSTOP instead. Read only with DEBUG on.
"""

import os
import signal
from collections import Counter

from django.conf import settings

POINTS = (
    "launch.committed",
    "snapshot.before_commit",
    "snapshot.committed",
    "claim.before_commit",
    "claim.committed",
    "mark.before_commit",
    "mark.committed",
    "call.connected",
    "call.answered",
    "settle.before_commit",
    "settle.committed",
    "receipt.before_commit",
    "receipt.committed",
    "drain.before_commit",
    "drain.committed",
    "finish.before_commit",
    "finish.committed",
    "close_cancelled.before_commit",
    "give_up.before_commit",
)
_passed: Counter[str] = Counter()


def reach(point: str) -> None:
    """Die or stop here if the environment says so. KeyError for a point that is not in POINTS, when one is set."""
    wanted: str = settings.FAILPOINT
    if not wanted:
        return
    if point not in POINTS:
        raise KeyError(point)
    place, _, how = wanted.partition(":")
    name, _, times = place.partition("@")
    if name != point:
        return
    _passed[point] += 1
    if _passed[point] == int(times or 1):
        os.write(2, f"failpoint {wanted}\n".encode())  # the drill looks for it in the log
        os.kill(os.getpid(), signal.SIGSTOP if how == "stop" else signal.SIGKILL)
