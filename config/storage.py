"""How a table is stored and vacuumed, for migrations; docs/scaling.md says why."""

from django.db.migrations import RunSQL


def stored(table: str, **options: float) -> RunSQL:
    """Set storage parameters of a table, for new pages and the next vacuum. Blocks neither reads nor writes.

    `table` and the names of `options` are ours, never input.
    """
    assignments = ", ".join(f"{name} = {value}" for name, value in options.items())
    return RunSQL(f"ALTER TABLE {table} SET ({assignments})", f"ALTER TABLE {table} RESET ({', '.join(options)})")
