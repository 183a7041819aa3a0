"""Where a trial happens: a temporary folder, sockets and ports, decided before Django reads its settings.

Plain Python, and all of a trial that manage.py needs before: it borrows bin/launcher for the servers.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from launcher import ports, postgres, rootless, valkey
from launcher.place import Place, site_packages, socket_folder

FOLDER = "HELIOGRAPH_TRIAL"
DATABASE = "trial"


def surroundings(kind: str, more: Mapping[str, str]) -> dict[str, str]:
    """Make the folder and return the variables that point every process, this one included, to servers of the trial.

    Nothing is started yet. `kind` names the folder; `more` are the trial's own variables.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"heliograph-{kind}-"))
    place = Place(folder, durable=True)
    place.make()
    server = postgres.Server(home(place).binaries, home(place).sockets)
    web, simulator = ports.any_free(), ports.any_free()
    return {
        FOLDER: str(folder),
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
        # Merchants of a trial are faster than any merchant may be.
        **dict.fromkeys(("API_RATE_GENERAL", "API_RATE_SEND", "API_RATE_IMPORT", "API_RATE_EVENTS"), "0"),
        **more,
    }


def here() -> Path:
    """The trial's folder. KeyError outside a trial."""
    return Path(os.environ[FOLDER])


def home(place: Place) -> rootless.Home:
    """Programs, data and sockets of the trial's PostgreSQL, also for root."""
    found = rootless.Home(postgres.binaries(), place.state / "pg", socket_folder(place.state / "run"), [])
    if os.geteuid() == 0:
        bundled = found.binaries.is_relative_to(site_packages())
        found = rootless.as_nobody(found, bundled=bundled, packages=site_packages())
    found.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def redis_socket(folder: Path) -> Path:
    """Where the trial's Valkey listens."""
    return socket_folder(folder / "run") / "valkey.sock"
