"""The benchmark: what the whole product does on this machine, beside what bare psycopg does with the same tables.

`place` prepares the environment before Django reads it; `stage` is what runs, `crowd` who is in its database, `roads`
what is measured, `raw` the baseline, `meters` what it cost, `run` and `report` the beginning and the end.
"""

from messaging import proving  # noqa: F401 - it makes bin/launcher importable
