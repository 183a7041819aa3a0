"""Sockets need short, plain paths, wherever the checkout lies."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import place


@pytest.fixture(autouse=True)
def no_session_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder comes from the person's session."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    return tmp_path / ("d" * 60) / ("e" * 60) / "run"


@pytest.fixture
def session_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A session's folder with a path as short as real ones: pytest's are too long for sockets."""
    with tempfile.TemporaryDirectory(prefix="session-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield Path(folder)


def test_a_short_plain_path_is_used_as_it_is(tmp_path: Path) -> None:
    wanted = tmp_path / "run"

    folder = place.socket_folder(wanted)

    assert folder == wanted
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["with space", "100%", "Capital", "näme", "a?b", "a#b", "a,b", "x" * 80])
def test_any_other_path_gets_a_stand_in_that_urls_and_sockets_can_carry(name: str, tmp_path: Path) -> None:
    folder = place.socket_folder(tmp_path / name)

    assert folder.parent != tmp_path
    assert place.PLAIN_PATH.fullmatch(str(folder))
    assert len(bytes(folder / ".s.PGSQL.5432.lock")) < 107
    folder.rmdir()


def test_the_stand_in_is_the_same_at_every_start_and_differs_between_checkouts(deep: Path) -> None:
    first, again, other = (place.socket_folder(path) for path in (deep, deep, deep.with_name("other")))

    assert first == again != other
    first.rmdir()
    other.rmdir()


def test_the_session_folder_is_preferred(deep: Path, session_folder: Path) -> None:
    assert place.socket_folder(deep).parent == session_folder


def test_a_link_laid_by_somebody_is_not_followed(deep: Path, tmp_path: Path, session_folder: Path) -> None:
    (session_folder / f"heliograph-{os.getuid()}-{place.digest(deep)}").symlink_to(tmp_path)

    with pytest.raises(SystemExit, match="belongs to another user"):
        place.socket_folder(deep)
