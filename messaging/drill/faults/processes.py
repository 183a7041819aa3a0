"""Faults of processes: killed, frozen, doubled, missing."""

import signal
import time
from collections.abc import Callable

from messaging.drill.rig import Fault, Rig

# Longer than the lease, longer than the time after which a call is given up.
FROZEN_SECONDS = 12.0


def _kill(name: str) -> Callable[[Rig], bool]:
    return lambda rig: rig.house.kill(name)


def _kill_child(name: str) -> Callable[[Rig], bool]:
    return lambda rig: rig.house.kill_child(name, which=rig.random.randrange(8))


def _kill_sender(rig: Rig) -> bool:
    return rig.house.kill(rig.sender())


def _kill_both_senders(rig: Rig) -> bool:
    return rig.house.kill("send1") | rig.house.kill("send2")


def _freeze(name: str) -> Callable[[Rig], bool]:
    def freeze(rig: Rig) -> bool:
        rig.freezes(FROZEN_SECONDS)
        return rig.house.signal(name, signal.SIGSTOP)

    return freeze


def _thaw(name: str) -> Callable[[Rig], bool]:
    return lambda rig: rig.house.signal(name, signal.SIGCONT)


def _rolling(rig: Rig) -> bool:
    rig.house.stop_softly(rig.sender())
    return True


def _second_beat(rig: Rig) -> bool:
    if "beat2" not in rig.house.children:
        rig.house.start("beat", alias="beat2")
    return True


def _no_beat(rig: Rig) -> bool:
    rig.house.away.add("beat")
    return rig.house.kill("beat")


def _beat_again(rig: Rig) -> None:
    rig.house.away.discard("beat")


def _no_work(rig: Rig) -> bool:
    rig.house.away.add("work")
    return rig.house.kill("work")


def _work_again(rig: Rig) -> None:
    rig.house.away.discard("work")


def _restart_simulator(rig: Rig) -> bool:
    killed = rig.house.kill("simulator")
    time.sleep(0.1)
    return killed


FAULTS = {
    "kill send worker": Fault(_kill_sender),
    "kill both send workers": Fault(_kill_both_senders),
    "kill work main": Fault(_kill("work")),
    "kill work child": Fault(_kill_child("work")),
    "kill beat": Fault(_kill("beat")),
    "kill web main": Fault(_kill("web")),
    "kill web worker": Fault(_kill_child("web")),
    "restart simulator": Fault(_restart_simulator),
    "freeze send1 beyond its lease": Fault(_freeze("send1"), FROZEN_SECONDS, _thaw("send1")),
    "freeze send2 beyond its lease": Fault(_freeze("send2"), FROZEN_SECONDS, _thaw("send2")),
    "freeze work main": Fault(_freeze("work"), FROZEN_SECONDS, _thaw("work")),
    "freeze beat": Fault(_freeze("beat"), FROZEN_SECONDS, _thaw("beat")),
    "two beats": Fault(_second_beat, 12.0, _kill("beat2")),
    "no beat for 20 s": Fault(_no_beat, 20.0, _beat_again),
    "no work worker for 10 s": Fault(_no_work, 10.0, _work_again),
    "rolling restart of a send worker": Fault(_rolling),
}
