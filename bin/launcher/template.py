"""A migrated database that test databases are copied from: 0.04 s instead of running every migration again."""

from collections.abc import Mapping

from launcher.commands import migrate
from launcher.console import say
from launcher.migrations import fingerprint
from launcher.postgres import Server

PREFIX = "template_"
UNFINISHED = "unfinished"


def ensure(server: Server, *, env: Mapping[str, str]) -> str:
    """Return the name of a database with all migrations; made anew when one of them or a package changed."""
    name = PREFIX + fingerprint()
    present = server.query(f"SELECT datname FROM pg_database WHERE datname ~ '^{PREFIX}'")
    if name not in present:
        for database in [*present, UNFINISHED]:
            server.query(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        server.create_database(UNFINISHED)
        migrate({**env, "DATABASE_URL": server.url(UNFINISHED)})
        server.query(f"ALTER DATABASE {UNFINISHED} RENAME TO {name}")
        say("template database is migrated")
    return name
