"""Secrets of this checkout: made once, kept in a file only its owner can read, given to every process."""

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

NAMES = ("SECRET_KEY", "REFERENCE_KEY", "SUPPRESSION_KEY", "CREDENTIAL_KEYS", "STRIPE_WEBHOOK_SECRET")


def read(path: Path) -> dict[str, str]:
    """Return what the file holds; nothing when it is not there."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def ensure(path: Path, *, names: Iterable[str] = NAMES) -> dict[str, str]:
    """Return the secrets, making the missing ones. What is there never changes: sessions and API keys hang on it."""
    known = read(path)
    missing = [name for name in names if not known.get(name)]
    if missing:
        known |= {name: secrets.token_urlsafe(48) for name in missing}
        write(path, known)
    return known


def write(path: Path, values: Mapping[str, str]) -> None:
    """Replace the file in one step, readable by nobody else at any moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    fresh.replace(path)
