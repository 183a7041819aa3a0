"""Meters count what others do, and not what the benchmark asks meanwhile."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from messaging.benchmark import meters
from messaging.benchmark.meters import Cost, Meter

Link = psycopg.Connection[tuple[object, ...]]
BUSY = "import sys; sys.stdin.readline(); x = bytearray(30_000_000); print('done', flush=True); sys.stdin.readline()"


@pytest.fixture
def observer(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Link]:
    role = f"observer_{os.getpid()}"  # roles are the whole cluster's, and tests run beside each other
    monkeypatch.setattr(meters, "OBSERVER", role)
    at = connection.settings_dict
    with psycopg.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=at["NAME"], autocommit=True) as link:
        link.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        link.execute(f"DROP ROLE IF EXISTS {role}")
        link.execute(f"CREATE ROLE {role} SUPERUSER")
        link.execute(f"SET ROLE {role}")
        yield link
        link.execute("RESET ROLE")
        link.execute(f"DROP ROLE {role}")


def test_statements_and_wal_of_others_are_counted(observer: Link) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the connection is made and checked before anything is counted
        meter = Meter(observer, {})

        cursor.execute("CREATE TABLE benchmark_test (number int)")
        cursor.execute("DROP TABLE benchmark_test")
    observer.execute("SELECT 1")

    cost = meter.read()
    assert cost.statements == 2
    assert cost.wal > 0


def test_memory_and_time_are_those_of_a_process_and_its_children(observer: Link) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        meter = Meter(observer, {"busy": [process.pid], "idle": [os.getpid()]})

        process.stdin.write("go\n")
        process.stdin.flush()
        process.stdout.readline()

        cost = meter.read()
        process.stdin.close()
    assert set(cost.cpu) == set(cost.peak) == {"busy", "idle"}
    assert cost.peak["busy"] > 30
    assert cost.cpu["busy"] >= 0


def test_costs_are_shown_per_message_and_beside_the_same_kind_of_process() -> None:
    ours = Cost(statements=40, wal=2000, cpu={"postgres": 0.002, "send": 0.004}, peak={"postgres": 0, "send": 100})
    raw = Cost(statements=20, wal=1000, cpu={"postgres": 0.002, "send": 0.001}, peak={"send": 50})

    found: dict[str, Any] = {
        figure.name: (figure.ours, figure.raw) for figure in meters.figures(ours, raw, messages=1000)
    }

    assert found["statements per message"] == (0.04, 0.02)
    assert found["WAL per message"] == (2.0, 1.0)
    assert found["CPU per message"] == pytest.approx((6.0, 3.0))
    assert found["CPU per message, send"] == pytest.approx((4.0, 1.0))
    assert found["peak memory, send"] == (100, 50)
    assert "peak memory, postgres" not in found
