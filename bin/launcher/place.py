"""Where things are: the checkout, its virtual environment, and the folder one set of servers keeps its state in."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# sun_path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder.
LONGEST_SOCKET_FOLDER = 80
# Socket folders travel inside URLs, where host names lose their capitals and % and spaces are easily read twice.
PLAIN_PATH = re.compile(r"[a-z0-9/._-]+")


@dataclass(frozen=True)
class Place:
    """The state folder of one set of servers: `.local` for the demo, `.local/test1`, `test2` … for test runs."""

    state: Path
    durable: bool

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    def make(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def site_packages() -> Path:
    """The folder of installed packages in .venv. Raises StopIteration before the installation."""
    return next((VENV / "lib").glob("python3.*")) / "site-packages"


def digest(path: Path) -> str:
    """A short name for a path, the same at every start."""
    return hashlib.sha256(bytes(path)).hexdigest()[:10]


def fits_a_socket(folder: Path) -> bool:
    return len(bytes(folder)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(folder)) is not None


def socket_folder(wanted: Path) -> Path:
    """A private folder for Unix sockets: `wanted`, or a short one elsewhere when that is too long or not plain.

    Exits when the folder exists and belongs to somebody else (a trap laid in the temporary directory).
    """
    name = f"heliograph-{os.getuid()}-{digest(wanted)}"
    elsewhere = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"]
    candidates = [wanted, *(Path(base) / name for base in elsewhere if base and os.access(base, os.W_OK))]
    folder = next((path for path in candidates if fits_a_socket(path)), None)
    if folder is None:
        raise SystemExit(f"No folder with a short enough path for sockets; tried {', '.join(map(str, candidates))}.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise SystemExit(f"{folder} belongs to another user.")
    folder.chmod(0o700)
    return folder
