"""The tracked files of the project, for tests that read it."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("config", "audiences", "billing", "campaigns", "messaging", "providers")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is part of the project; without a repository (an unpacked archive) every file beside .venv."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and not _is_hidden(path))
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def python(*, tests: bool = True, apps_only: bool = False) -> list[Path]:
    """Python files; migrations are not written by hand."""
    files = [path for path in tracked() if path.suffix == ".py" and "migrations" not in path.parts]
    if apps_only:
        return [path for path in files if _place(path).split("/")[0] in APPS]
    return [path for path in files if tests or not _place(path).startswith("tests/")]


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)
