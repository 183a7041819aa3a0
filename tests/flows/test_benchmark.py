"""The benchmark on its own servers: every road is taken, and everything that was to be sent was sent."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator import ROOT

WORDS = ["--recipients", "300", "--repeat", "1", "--workers", "1", "--shops", "2", "--provider-latency", "20"]


@pytest.mark.flow
@pytest.mark.timeout(600)
def test_every_road_is_measured_beside_the_baseline(tmp_path: Path) -> None:
    path = tmp_path / "result.json"

    done = subprocess.run(
        [sys.executable, "manage.py", "benchmark", *WORDS, "--json", str(path)],
        cwd=ROOT,
        env={**os.environ, "WEB_WORKERS": "1", "WORK_CONCURRENCY": "1", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(path.read_text())
    figures = {(road["road"], figure["name"]): figure for road in result["roads"] for figure in road["figures"]}
    assert {road for road, _ in figures} == {
        "parts", "segments", "quote", "enqueue", "sending", "progress", "receipts", "receipts-beside", "import",
        "fairness", "latency", "ops", "pages", "storage",
    }  # fmt: skip
    compared = {road for (road, _), figure in figures.items() if figure["ratio"] is not None}
    assert compared == {road for road, _ in figures} - {"fairness"}
    assert figures["sending", "statements per message"]["median"] > 0
    assert "sending, messages/s" in done.stdout
