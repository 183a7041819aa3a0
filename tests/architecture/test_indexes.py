"""Every index of the hot tables costs each row that is written: docs/scaling.md names them all, and who reads them."""

import re

from django.db import connection

from tests.architecture.source import ROOT

PAGE = (ROOT / "docs" / "scaling.md").read_text()
# | `table` | `index` | what for |
ROW = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", re.MULTILINE)


def justified() -> dict[tuple[str, str], str]:
    return {(table, index): reason for table, index, reason in ROW.findall(PAGE)}


def existing(tables: set[str]) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, indexname FROM pg_indexes WHERE tablename = ANY(%s)", [sorted(tables)])
        return {(table, _plain(index)) for table, index in cursor.fetchall()}


def _plain(index: str) -> str:
    """Without the digits that Django appends to names of its own."""
    return re.sub(r"_[0-9a-f]{8}(?=$|_like|_uniq|_fk)", "", index)


def test_every_index_of_a_hot_table_is_justified_and_every_justified_one_exists(db: None) -> None:
    reasons = justified()
    tables = {table for table, _ in reasons}

    assert existing(tables) == set(reasons)
    assert {"campaigns_campaignrecipient", "campaigns_sendbatch", "messaging_messagelog", "messaging_receipt"} <= tables
    assert [index for (_, index), reason in reasons.items() if len(reason.split()) < 2] == []


def test_no_index_begins_with_all_the_columns_of_another(db: None) -> None:
    """One that another one makes needless: as many and equal first columns, without a condition, and not unique."""
    sql = """
        SELECT a.indexrelid::regclass::text, b.indexrelid::regclass::text
          FROM pg_index a
          JOIN pg_index b
            ON b.indrelid = a.indrelid
           AND b.indexrelid <> a.indexrelid
           AND b.indpred IS NULL
           AND b.indexprs IS NULL
           AND (b.indkey::text || ' ') LIKE (a.indkey::text || ' %%')
           AND (b.indclass::text || ' ') LIKE (a.indclass::text || ' %%')
         WHERE a.indrelid::regclass::text = ANY(%s)
           AND a.indpred IS NULL
           AND a.indexprs IS NULL
           AND NOT a.indisunique
         ORDER BY 1, 2
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted({table for table, _ in justified()})])
        found = cursor.fetchall()

    assert found == []
