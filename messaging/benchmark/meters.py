"""What a road cost: statements, WAL, processor time and memory, from PostgreSQL's own counters and from /proc."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

from messaging.benchmark.figures import Figure

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
# The benchmark's own questions are asked by this role, and not counted.
OBSERVER = "observer"
RESET = "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()"


class Cost(NamedTuple):
    """`cpu`: seconds by kind of process. `peak`: megabytes of the largest process of each kind since the start."""

    statements: int
    wal: int
    cpu: dict[str, float]
    peak: dict[str, float]


class Meter:
    """Starts when it is made. `groups`: process ids by kind; what descends from them belongs to them."""

    def __init__(self, link: "psycopg.Connection[tuple[object, ...]]", groups: Mapping[str, Sequence[int]]) -> None:
        self._link, self._groups = link, groups
        for pids in _trees(groups).values():
            for pid in pids:
                _forget_peak(pid)
        self._link.execute(RESET)
        self._lsn = _one(link, "SELECT pg_current_wal_insert_lsn()::text")
        self._cpu = _cpu(groups)

    def read(self) -> Cost:
        """The cost so far."""
        now = _cpu(self._groups)
        statements = _one(
            self._link,
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
            " WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND r.rolname <> %s",
            OBSERVER,
        )
        wal = _one(self._link, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s::pg_lsn)::bigint", self._lsn)
        spent = {kind: now[kind] - self._cpu[kind] for kind in now}
        peaks = {kind: max(map(_peak, pids), default=0.0) for kind, pids in _trees(self._groups).items()}
        return Cost(int(str(statements)), int(str(wal)), spent, peaks)


def figures(ours: Cost, raw: Cost, *, messages: int) -> list[Figure]:
    """Costs per message, ours beside the baseline's, and ours by process."""
    per = 1e6 / messages
    total = sum(ours.cpu.values()), sum(raw.cpu.values())
    return [
        Figure("statements per message", "", ours.statements / messages, raw.statements / messages, "less"),
        Figure("WAL per message", "B", ours.wal / messages, raw.wal / messages, "less"),
        Figure("CPU per message", "µs", total[0] * per, total[1] * per, "less"),
        *[
            Figure(f"CPU per message, {kind}", "µs", seconds * per, _of(raw.cpu, kind, per), "less")
            for kind, seconds in ours.cpu.items()
        ],
        *[
            Figure(f"peak memory, {kind}", "MB", megabytes, _of(raw.peak, kind, 1), "less")
            for kind, megabytes in ours.peak.items()
            if megabytes
        ],
    ]


def _of(values: Mapping[str, float], kind: str, factor: float) -> float | None:
    return values[kind] * factor if kind in values else None


def _one(link: "psycopg.Connection[tuple[object, ...]]", sql: str, *arguments: object) -> object:
    row = link.execute(sql, arguments).fetchone()
    return row[0] if row else None


def _trees(groups: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Process ids of each kind with everybody who descends from them."""
    children: dict[int, list[int]] = {}
    for pid, stat in _stats():
        children.setdefault(int(stat[1]), []).append(pid)
    return {kind: list(_with_descendants(pids, children)) for kind, pids in groups.items()}


def _with_descendants(pids: Sequence[int], children: Mapping[int, Sequence[int]]) -> Iterator[int]:
    for pid in pids:
        yield pid
        yield from _with_descendants(children.get(pid, ()), children)


def _stats() -> Iterator[tuple[int, list[str]]]:
    """(pid, the words of its stat behind the name) of every process."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / "stat").read_text().rpartition(")")[2].split()


def _cpu(groups: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Seconds by kind: of the living, and of their children that are gone."""
    seconds = {pid: sum(map(int, stat[11:15])) / TICKS for pid, stat in _stats()}
    return {kind: sum(seconds.get(pid, 0.0) for pid in pids) for kind, pids in _trees(groups).items()}


def _forget_peak(pid: int) -> None:
    with contextlib.suppress(OSError):
        (PROC / str(pid) / "clear_refs").write_text("5")


def _peak(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
