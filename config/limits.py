"""The limits of a session where the connection itself cannot bring them: behind a pooler they belong to the role."""

from typing import NamedTuple

from django.conf import settings
from django.db import connection

from config.database import LIMITS
from config.sql import fetch

ALTER = "ALTER ROLE CURRENT_USER IN DATABASE {database} SET {name} = '{value}'"


class Setting(NamedTuple):
    """A setting of PostgreSQL as it is in this session; times in milliseconds."""

    name: str
    value: str


def missing() -> list[str]:
    """The waits that have no end here, which only happens behind a pooler whose role was not told of them."""
    if not settings.DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"):
        return []
    sql = "SELECT s.name, s.setting FROM pg_settings s WHERE s.name = ANY(%(names)s) ORDER BY s.name"
    names = [name for name in LIMITS if name.endswith("_timeout")]
    return [row.name for row in fetch(sql, {"names": names}, Setting) if row.value == "0"]


def write() -> list[str]:
    """Give LIMITS to our role in this database and return the statements. They hold for sessions that begin later."""
    with connection.cursor() as cursor:
        database = connection.ops.quote_name(connection.get_connection_params()["dbname"])
        statements = [ALTER.format(database=database, name=name, value=value) for name, value in LIMITS.items()]
        for statement in statements:
            cursor.execute(statement)
    return statements
