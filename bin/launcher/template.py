"""A migrated database that test databases are copied from: 0.04 s instead of running every migration again."""

import hashlib
from collections.abc import Mapping

from launcher.commands import migrate
from launcher.console import say
from launcher.install import LOCK_FILES
from launcher.place import ROOT
from launcher.postgres import Server

PREFIX = "template_"
UNFINISHED = "unfinished"
# State tables are in it because triggers and CHECKs are generated from them.
SOURCES = ("*/migrations/*.py", "*/states.py")


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


def fingerprint() -> str:
    files = [file for pattern in SOURCES for file in sorted(ROOT.glob(pattern))]
    digest = hashlib.sha256()
    for file in [*files, *LOCK_FILES]:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
