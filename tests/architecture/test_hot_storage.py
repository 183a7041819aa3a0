"""Tables that are written all the time say how they are stored and vacuumed, in a migration and in docs/scaling.md."""

import re

from django.db import connection

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "scaling.md").read_text()
# | `table` | `name=value, name=value` | reason |
ROW = re.compile(r"^\| `(\w+)` \| `((?:[a-z_]+=[\d.]+(?:, )?)+)` \|", re.MULTILINE)


def test_storage_parameters_are_those_of_the_page(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'")
        stored = {table: set(options) for table, options in cursor.fetchall() if not table.startswith("pg_")}

    assert {table: set(options.split(", ")) for table, options in ROW.findall(PAGE)} == stored
