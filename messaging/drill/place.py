"""Where a drill happens: a temporary folder, sockets, ports and short timers, decided before Django reads its settings.

Plain Python, and the only file of the drill that manage.py imports: it borrows bin/launcher for the servers.
"""

import os
import secrets
import sys
import tempfile
from pathlib import Path

from launcher import ports, postgres, rootless, valkey
from launcher.place import Place, site_packages, socket_folder

FOLDER = "HELIOGRAPH_DRILL"
DATABASE = "drill"
# Everything that waits in production waits here, too, only shorter. Beat keeps its table (config/beat.py).
TIMERS = {
    "SEND_LEASE_SECONDS": "5",
    "SEND_CALL_SECONDS": "3",
    "SEND_CALL_STALE_SECONDS": "8",
    "SEND_BACKOFF_SECONDS": "1",
    "SEND_SLICE_SECONDS": "10",
    "POLL_AFTER_SECONDS": "5",
}


def environment() -> dict[str, str]:
    """Make the folder and return the variables that point every process, this one included, to servers of the drill.

    Nothing is started yet. DEBUG is on: without it nothing dies at a crash point.
    """
    folder = Path(tempfile.mkdtemp(prefix="heliograph-drill-"))
    place = Place(folder, durable=True)
    place.make()
    server = postgres.Server(home(place).binaries, home(place).sockets)
    web, simulator = ports.any_free(), ports.any_free()
    return {
        FOLDER: str(folder),
        "DEBUG": "1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "LOCAL_DIR": str(folder),
        "DATABASE_URL": server.url(DATABASE),
        **valkey.addresses(redis_socket(folder)),
        "HOST": ports.HOST,
        "PORT": str(web),
        "SIMULATOR_PORT": str(simulator),
        "PUBLIC_URL": f"http://{ports.HOST}:{web}",
        "SIMULATOR_URL": f"http://{ports.HOST}:{simulator}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "LOG_LEVEL": "ERROR",
        **{name: os.environ.get(name, value) for name, value in TIMERS.items()},
    }


def here() -> Path:
    """The drill's folder. KeyError outside a drill."""
    return Path(os.environ[FOLDER])


def home(place: Place) -> rootless.Home:
    """Programs, data and sockets of the drill's PostgreSQL, also for root."""
    found = rootless.Home(postgres.binaries(), place.state / "pg", socket_folder(place.state / "run"), [])
    if os.geteuid() == 0:
        bundled = found.binaries.is_relative_to(site_packages())
        found = rootless.as_nobody(found, bundled=bundled, packages=site_packages())
    found.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def redis_socket(folder: Path) -> Path:
    """Where the drill's Valkey listens."""
    return socket_folder(folder / "run") / "valkey.sock"
