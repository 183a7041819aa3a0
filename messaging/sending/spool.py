"""Outcomes on local disk, for the minutes in which the provider has answered and the database does not."""

import logging
import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from messaging.sending.settle import Settlement
from providers.interface import Accepted, Outcome, Refused, Unsure

log = logging.getLogger(__name__)

KINDS: dict[str, type[Any]] = {"accepted": Accepted, "refused": Refused, "unsure": Unsure}


def folder() -> Path:
    """Where outcomes are spooled, readable by this user only; made when it is missing."""
    path = Path(settings.LOCAL_DIR) / "spool"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write(work: Settlement) -> Path:
    """Write the outcome down and wait for the disk: file and folder are synced, the name appears only when whole."""
    path = folder() / f"{work.batch_id}-{work.attempt}.json"
    document = work._asdict() | {"outcomes": [_pack(outcome) for outcome in work.outcomes]}
    draft = path.with_suffix(".part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(document))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return path


def waiting(*, limit: int, older_than_seconds: float) -> Iterator[Settlement]:
    """Spooled outcomes that nobody is settling any more, oldest first; one that cannot be read is left where it is."""
    before = time.time() - older_than_seconds
    paths = sorted((path.stat().st_mtime, path) for path in folder().glob("*.json"))
    due = (path for written, path in paths if written <= before)
    yield from islice(filter(None, map(_read_if_whole, due)), limit)


def _read_if_whole(path: Path) -> Settlement | None:
    try:
        return read(path)
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        log.exception("spooled_outcome_unreadable", extra={"file": path.name})
        return None


def read(path: Path) -> Settlement:
    """The settlement in a file."""
    document = orjson.loads(path.read_bytes())
    return Settlement(**document | {"outcomes": [_unpack(packed) for packed in document["outcomes"]]})


def remove(*, batch_id: int, attempt: int) -> None:
    """Forget a settled outcome."""
    (folder() / f"{batch_id}-{attempt}.json").unlink(missing_ok=True)


def size() -> int:
    """How many outcomes wait on this machine."""
    return sum(1 for _ in folder().glob("*.json"))


def _pack(outcome: Outcome) -> list[Any]:
    kind = next(name for name, outcome_type in KINDS.items() if isinstance(outcome, outcome_type))
    return [kind, *outcome]


def _unpack(packed: list[Any]) -> Outcome:
    outcome: Outcome = KINDS[packed[0]](*packed[1:])
    return outcome
