"""Makes .venv and installs the locked packages into it: with uv in seconds, with pip if need be."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys

from launcher import locks
from launcher.commands import quiet, succeeds
from launcher.console import say
from launcher.place import LOCAL, PYTHON, ROOT, VENV

REQUIREMENTS = ROOT / "requirements"
LOCK_FILES = (REQUIREMENTS / "base.txt", REQUIREMENTS / "dev.txt")
STAMP = VENV / ".installed"
TOOL = LOCAL / "tool"
# Started from inside .venv, sys.executable would be a link that the installation removes.
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable) or sys.executable
NO_INSTALLER = (
    "This Python has neither ensurepip nor pip. Install one of python3-venv, python3-pip (Debian's names) or uv, "
    "then run this again."
)
# uv looks at its own list of certificate authorities unless told otherwise; company proxies sign with the system's.
UV_ENV = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", "UV_NO_PROGRESS": "1"}
PIP_OPTIONS = ("-q", "--disable-pip-version-check", "--require-hashes")


def ensure() -> None:
    """Bring .venv in line with the lock files. Does nothing when it is; two starts at a time wait for each other."""
    lock = locks.take(LOCAL / "locks" / "install.lock", wait=900)
    if lock is None:
        raise SystemExit("Another installation into .venv does not come to an end.")
    with lock:
        if not is_current():
            say("installing the locked packages into .venv")
            install()
            STAMP.write_text(fingerprint())
            say("packages installed")


def fingerprint() -> str:
    """What an installation depends on: this Python, this path and the lock files."""
    parts = [sys.version.encode(), bytes(ROOT), *(file.read_bytes() for file in LOCK_FILES)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def install() -> None:
    uv = shutil.which("uv") or bootstrap_uv()
    env = {**os.environ, **UV_ENV}
    shutil.rmtree(VENV, ignore_errors=True)
    with contextlib.suppress(subprocess.CalledProcessError):
        quiet([uv, "venv", "-q", "--python", BASE_PYTHON, str(VENV)], env=env)
        sync = [uv, "pip", "sync", "-q", "--require-hashes", "--python", str(PYTHON), *map(str, LOCK_FILES)]
        return quiet(sync, env=env)
    say("uv could not install (a package index that only pip knows?); trying pip, which takes a minute")
    return install_with_pip()


def install_with_pip() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    wanted = [word for file in LOCK_FILES for word in ("-r", str(file))]
    try:
        quiet([BASE_PYTHON, "-m", "venv", str(VENV)])
        quiet([str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "--no-deps", *wanted])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"The packages could not be installed: {error}") from error


def bootstrap_uv() -> str:
    """Install the pinned uv with pip into a folder of its own and return its path."""
    uv = TOOL / "bin" / "uv"
    if uv.exists():
        return str(uv)
    shutil.rmtree(TOOL, ignore_errors=True)
    wanted = ["install", *PIP_OPTIONS, "-r", str(REQUIREMENTS / "bootstrap.txt")]
    try:
        if succeeds([BASE_PYTHON, "-c", "import ensurepip"]):
            quiet([BASE_PYTHON, "-m", "venv", str(TOOL)])
            quiet([str(TOOL / "bin" / "python"), "-m", "pip", *wanted])
        elif succeeds([BASE_PYTHON, "-m", "pip", "--version"]):
            quiet([BASE_PYTHON, "-m", "pip", *wanted, "--target", str(TOOL)])
        else:
            raise SystemExit(NO_INSTALLER)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"uv could not be installed: {error}") from error
    return str(uv)
