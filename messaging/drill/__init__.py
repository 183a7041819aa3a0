"""The crash drill: a whole Heliograph on servers of its own, killed at every place while it sends, then audited.

`place` prepares the environment before Django reads it; `house` keeps the processes, `merchant` sends campaigns,
`faults` breaks things by a seeded schedule, `heal` ends it, `audit` compares the provider's ledger with ours.
"""

import sys
from pathlib import Path

# The servers are started by bin/launcher, which is no app: it lives where the two commands of bin/ find it.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))
