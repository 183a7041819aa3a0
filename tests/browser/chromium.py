"""Where the Chromium of the browser tests is: as bin/test looks for it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from launcher.steps import find_browser  # only now: the line above made it importable

__all__ = ["find_browser"]
