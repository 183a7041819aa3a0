"""The crash drill: a whole Heliograph on servers of its own, killed at every place while it sends, then audited.

`place` prepares the environment before Django reads it; `house` kills its processes, `merchant` sends campaigns,
`faults` breaks things by a seeded schedule, `heal` ends it, `audit` compares the provider's ledger with ours.
"""

from messaging import proving  # noqa: F401 - it makes bin/launcher importable
