"""A whole Heliograph on servers of its own, for commands that try it: the crash drill and the benchmark.

It starts its servers as bin/demo does, with the modules in bin/launcher.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))
