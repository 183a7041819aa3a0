"""Migrates a database only when there is something to do: finding that out through Django takes seconds."""

import hashlib
import subprocess
from collections.abc import Mapping

from launcher.commands import migrate
from launcher.install import LOCK_FILES
from launcher.place import ROOT, Place
from launcher.postgres import DATABASE, Server

# State tables are in it because triggers and CHECKs are generated from them.
SOURCES = ("*/migrations/*.py", "*/states.py")
# Another database, a migration taken back by hand or a table of migrations that is gone all change the answer.
APPLIED = "SELECT md5(string_agg(app || name || applied, ' ' ORDER BY id)) FROM django_migrations"


def fingerprint() -> str:
    """What the tables follow from: our migrations and the packages with theirs."""
    files = [file for pattern in SOURCES for file in sorted(ROOT.glob(pattern))]
    digest = hashlib.sha256()
    for file in [*files, *LOCK_FILES]:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def bring_up_to_date(server: Server, *, env: Mapping[str, str], place: Place) -> None:
    """Migrate the database of a place unless it is as the last start left it and so are the sources."""
    stamp = place.state / "migrated"
    if not stamp.exists() or stamp.read_text() != _state(server):
        migrate(env)
        stamp.write_text(_state(server))


def _state(server: Server) -> str:
    try:
        applied = server.query(APPLIED, database=DATABASE)
    except subprocess.CalledProcessError:
        applied = ["never"]
    return " ".join([fingerprint(), *applied])
