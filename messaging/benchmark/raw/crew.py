"""Starts the baseline's programs, lets them begin together, and collects what they did."""

import json
import os
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

from launcher.place import ROOT


class Broken(Exception):
    """The baseline could not do its part."""


class Crew:
    """So many processes of one program, each with `task` and its own number. Use as a context manager."""

    def __init__(self, program: str, *, workers: int = 1, **task: Any) -> None:
        self._programs = [
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", f"messaging.benchmark.raw.{program}", self._task(number, workers, task)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(workers)
        ]

    def __enter__(self) -> Self:
        for process in self._programs:
            _line(process)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for process in self._programs:
            process.communicate()  # closes what they wait for

    @property
    def pids(self) -> list[int]:
        """Their process ids."""
        return [process.pid for process in self._programs]

    def go(self) -> tuple[float, list[dict[str, Any]]]:
        """Let them work; seconds until the last one was done, and their results."""
        started = time.perf_counter()
        for process in self._programs:
            _tell(process)
        results = [json.loads(_line(process)) for process in self._programs]
        return time.perf_counter() - started, results

    @staticmethod
    def _task(number: int, workers: int, task: dict[str, Any]) -> str:
        return json.dumps({"database": os.environ["DATABASE_URL"], "number": number, "workers": workers, **task})


def _line(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline().strip() if process.stdout else ""
    if not line:
        raise Broken("a program of the baseline died; its error is above")
    return line


def _tell(process: "subprocess.Popen[str]") -> None:
    if process.stdin:
        process.stdin.write("go\n")
        process.stdin.flush()
