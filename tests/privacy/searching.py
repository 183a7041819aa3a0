"""A search of the whole database, whatever tables and columns there are."""

from collections.abc import Sequence

from django.db import connection

# What holds words in any form; bytes are read as text too.
TYPES = ("text", "character varying", "character", "json", "jsonb", "bytea", "ARRAY", "inet", "name")


def columns() -> list[tuple[str, str, str]]:
    """(table, column, type) of everything that could hold a word."""
    sql = """
        SELECT c.table_name, c.column_name, c.data_type
          FROM information_schema.columns c
          JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE t.table_type = 'BASE TABLE'
           AND c.table_schema = 'public'
           AND c.data_type = ANY(%s)
         ORDER BY 1, 2
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(TYPES)])
        return list(cursor.fetchall())


def traces(words: Sequence[str]) -> list[str]:
    """`table.column: word` of every place that says one of the words, whatever its case."""
    found = []
    with connection.cursor() as cursor:
        for table, column, kind in columns():
            shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            for word in words:
                cursor.execute(f'SELECT 1 FROM "{table}" WHERE {shown} ILIKE %s LIMIT 1', [f"%{word}%"])
                if cursor.fetchone():
                    found.append(f"{table}.{column}: {word}")
    return found
