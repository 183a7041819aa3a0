"""The launcher is no app: it lives in bin/, where its two commands find it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from launcher.signals import Interruptions  # only now: the line above made it importable
from launcher.supervise import Supervisor


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(Interruptions()) as running:
        yield running
