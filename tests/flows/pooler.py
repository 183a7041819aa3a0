"""PgBouncer in transaction mode before the tests' database: a connection is given away after each transaction."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import psycopg
from django.db import connection

from tests.flows.stack import eventually, free_port

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
# Fewer than there are processes, so that nobody keeps what he was given.
CONNECTIONS = 5
NOBODY = 65_534
# It refuses to run as root, like PostgreSQL, whose socket may be root's: in a namespace it is nobody and root at once.
AS_NOBODY = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
CONFIGURATION = """
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
admin_users = admin
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
{more}
"""


class Pooler:
    """A running PgBouncer; `url` is what DATABASE_URL is to be."""

    def __init__(self, folder: Path) -> None:
        at = connection.settings_dict
        owner = Path(at["HOST"]).stat().st_uid if str(at["HOST"]).startswith("/") else NOBODY
        self.port = free_port()
        self.url = f"postgres://{at['USER']}@127.0.0.1:{self.port}/{at['NAME']}"
        path = folder / "pgbouncer.ini"
        path.write_text(
            CONFIGURATION.format(
                host=at["HOST"],
                port=at["PORT"],
                user=at["USER"],
                listen=self.port,
                connections=CONNECTIONS,
                more=f"user = {pwd.getpwuid(owner).pw_name}" if os.geteuid() == 0 and owner else "",
            )
        )
        words = [*(AS_NOBODY if os.geteuid() == 0 and not owner else []), str(PROGRAM), str(path)]
        with (folder / "pgbouncer.log").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            eventually(self._answers, seconds=120, what=lambda: (folder / "pgbouncer.log").read_text()[-2000:])
        except AssertionError:
            self.stop()
            raise

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def tell(self, command: str) -> list[dict[str, object]]:
        """Run a command of its console: SHOW POOLS, RECONNECT …; it speaks the simple protocol only."""
        address = f"postgres://admin@127.0.0.1:{self.port}/pgbouncer"
        with psycopg.connect(address, autocommit=True) as link, psycopg.ClientCursor(link) as cursor:
            cursor.execute(command.encode())
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()] if names else []

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait(10)
