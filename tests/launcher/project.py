"""A project of a few lines with the real launcher, started, watched and killed by tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from launcher.place import ROOT, VENV, socket_folder
from tests.launcher.processes import eventually

# Listens, sleeps, crashes and reports like the real commands, and needs no Django.
MANAGE = """
import json, os, pathlib, signal, socket, sys, time
name, folder = sys.argv[1], pathlib.Path(os.environ["LOCAL_DIR"])
if name != "migrate":
    (folder / f"{sys.argv[2] if name == 'listen' else name}.pid").write_text(f"{os.getpid()}\\n")
if name == "listen":
    server = socket.create_server(("127.0.0.1", int(sys.argv[3])))
    signal.pause()
elif name == "demo":
    print("sending")
    time.sleep(float(os.environ.get("DEMO_SECONDS", "0.1")))
    print(json.dumps({"arguments": sys.argv[2:], "ports": [os.environ["PORT"], os.environ["STREAM_PORT"]]}))
    sys.exit(int(os.environ.get("DEMO_CODE", "0")))
"""
PROCFILE = """
simulator: python manage.py listen simulator $SIMULATOR_PORT
web: python manage.py listen web $PORT
stream: python manage.py listen stream $STREAM_PORT
"""


class Project:
    """A checkout in a folder of its own; `.venv` is put together from links to ours, so nothing is installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.local = root / ".local"
        self.started: list[subprocess.Popen[str]] = []
        for folder in ("bin", "requirements"):
            shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "manage.py").write_text(MANAGE)
        (root / "Procfile").write_text(PROCFILE)
        (root / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (root / ".venv" / name).symlink_to(VENV / name)
        stamp = "from launcher import install; install.STAMP.write_text(install.fingerprint())"
        subprocess.run([sys.executable, "-c", stamp], cwd=root / "bin", check=True)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start bin/demo; what it prints can be read when it has ended."""
        foreign = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
        inherited = {name: value for name, value in os.environ.items() if name not in foreign}
        started = subprocess.Popen(
            [sys.executable, str(self.root / "bin" / "demo"), *arguments],
            env={**inherited, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(started)
        return started

    def close(self) -> None:
        """End what a failed test left running, and the folder for sockets."""
        for started in self.started:
            started.terminate()
            started.communicate(timeout=60)
        shutil.rmtree(socket_folder(self.local / "run"))

    def wait_until_sending(self) -> list[int]:
        """Wait for the main job and return the numbers of all processes with one."""
        assert eventually((self.local / "demo.pid").exists, seconds=20)
        pids = [int(file.read_text()) for file in self.local.glob("*.pid")]
        server = (self.local / "pg" / "data" / "postmaster.pid").read_text().splitlines()[0]
        return [*pids, int(server)]


def last_line(output: str) -> dict[str, list[str]]:
    """The JSON object that a program printed at the very end."""
    result: dict[str, list[str]] = json.loads(output.splitlines()[-1])
    return result
