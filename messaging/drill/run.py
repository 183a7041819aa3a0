"""The drill's minutes: campaigns run back to back while the schedule breaks things and mends them again."""

import time
from collections.abc import Callable
from contextlib import suppress

import requests
from django.db import Error, connection
from redis.exceptions import RedisError

from config.progressbar import Bar
from messaging.drill.faults import FAULTS
from messaging.drill.rig import Rig
from messaging.drill.schedule import Planned

TICK = 0.1
# What cannot be broken because it is broken is tried again: seconds, times.
AGAIN = 3.0
TRIES = 4
# What a fault may meet when another one is at work.
TROUBLE = (Error, RedisError, requests.RequestException, OSError)


class Minutes:
    """Runs a schedule against a rig."""

    def __init__(self, rig: Rig, planned: list[Planned], *, seconds: float) -> None:
        self.rig = rig
        self.planned = planned
        self.seconds = seconds
        self.tried: dict[str, int] = {}
        self.timeline: list[tuple[float, str, bool]] = []  # seconds, fault, whether it took effect at once
        self._open: list[tuple[float, str]] = []  # when it is to be mended (monotonic), what

    def run(self) -> None:
        """Until the time is over; then everything is mended."""
        started = time.monotonic()
        with Bar("Drill", total=int(self.seconds)) as bar:
            while (elapsed := time.monotonic() - started) < self.seconds:
                self._step(elapsed)
                bar.show(int(elapsed), note=self._note())
                time.sleep(TICK)
        while self._open:
            self._mend(everything=True)
            self.rig.house.look_after()
            time.sleep(TICK)

    def _step(self, elapsed: float) -> None:
        self.rig.house.look_after()
        self.rig.provider.repeat()
        self._mend()
        self._do_later()
        while self.planned and self.planned[0].at <= elapsed:
            self._break(self.planned.pop(0).name, elapsed)
        for merchant in self.rig.merchants:
            merchant.tick()

    def _break(self, name: str, elapsed: float, *, tries: int = TRIES) -> None:
        fault = FAULTS[name]
        self.tried[name] = self.tried.get(name, 0) + (tries == TRIES)
        result = attempt(fault.begin, self.rig)
        took_effect = bool(result) and result is not FAILED
        self.rig.hits[name] += took_effect
        self.timeline.append((round(elapsed, 1), name, took_effect))
        self._open.append((time.monotonic() + fault.seconds, name))
        if tries and (result is FAILED or result is False):
            self.rig.later(AGAIN, lambda _: self._break(name, elapsed + AGAIN, tries=tries - 1))

    def _mend(self, *, everything: bool = False) -> None:
        now = time.monotonic()
        for at, name in list(self._open):
            if (at <= now or everything) and attempt(FAULTS[name].end, self.rig) is not FAILED:
                self._open.remove((at, name))

    def _do_later(self) -> None:
        now = time.monotonic()
        due = [one for one in self.rig.planned_later if one[0] <= now]
        self.rig.planned_later = [one for one in self.rig.planned_later if one[0] > now]
        for _, act in due:
            attempt(act, self.rig)

    def _note(self) -> str:
        house = self.rig.house
        return (
            f"{sum(house.kills.values())} kills, {len(self._open)} faults on, {len(self.rig.large.launched)} campaigns"
        )


FAILED = object()


def attempt(act: Callable[[Rig], object], rig: Rig) -> object:
    """What the act returned; FAILED when something else that is broken stood in its way."""
    with suppress(*TROUBLE):
        return act(rig)
    connection.close()
    return FAILED
