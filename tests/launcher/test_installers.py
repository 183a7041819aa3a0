"""Which installer is used on which machine. The programs are stand-ins that note how they were called."""

from pathlib import Path

import pytest

from launcher import install

# A Python that can do what the file `abilities` lists, and "makes" environments and packages by touching files.
PYTHON = """#!/bin/sh
here=$(dirname "$0"); echo "python $*" >> "$here/calls"
case "$*" in
    "-c import ensurepip") grep -q ensurepip "$here/abilities" ;;
    "-m pip --version") grep -qw pip "$here/abilities" ;;
    "-m venv "*) shift 2; mkdir -p "$1/bin"; cp "$0" "$1/bin/python"; cp "$here/abilities" "$1/bin/" ;;
    *"-m pip install"*) grep -q network "$here/abilities" ;;
esac
"""
UV = """#!/bin/sh
here=$(dirname "$0"); echo "uv $*" >> "$here/calls"
grep -q index "$here/abilities"
"""


class Machine:
    """A folder with stand-in programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.abilities("")
        self.program("python", PYTHON)

    def abilities(self, words: str) -> None:
        (self.folder / "abilities").write_text(words)

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    (tmp_path / "machine").mkdir()
    made = Machine(tmp_path / "machine")
    monkeypatch.setattr(install, "BASE_PYTHON", str(made.folder / "python"))
    monkeypatch.setattr(install, "VENV", tmp_path / "venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / "venv" / "bin" / "python")
    monkeypatch.setattr(install, "TOOL", tmp_path / "tool")
    monkeypatch.setenv("PATH", f"{made.folder}:/usr/bin:/bin")
    return made


def test_uv_of_the_machine_is_used(machine: Machine) -> None:
    machine.program("uv", UV)
    machine.abilities("index")

    install.install()

    assert [call.split(" --python")[0] for call in machine.calls] == ["uv venv -q", "uv pip sync -q --require-hashes"]


def test_without_uv_a_pinned_one_is_fetched_into_a_folder_of_its_own(machine: Machine, tmp_path: Path) -> None:
    machine.abilities("ensurepip network")

    uv = install.bootstrap_uv()

    fetched = (tmp_path / "tool" / "bin" / "calls").read_text()
    assert uv == str(tmp_path / "tool" / "bin" / "uv")
    assert "--require-hashes" in fetched
    assert fetched.strip().endswith("requirements/bootstrap.txt")


def test_a_python_without_ensurepip_fetches_it_with_its_own_pip(machine: Machine, tmp_path: Path) -> None:
    machine.abilities("pip network")

    install.bootstrap_uv()

    assert machine.calls[-1].endswith(f"requirements/bootstrap.txt --target {tmp_path / 'tool'}")


def test_a_python_with_neither_is_told_what_to_install(machine: Machine) -> None:
    with pytest.raises(SystemExit, match="Install one of python3-venv, python3-pip"):
        install.bootstrap_uv()


def test_a_fetch_that_fails_is_told(machine: Machine) -> None:
    machine.abilities("pip")

    with pytest.raises(SystemExit, match="uv could not be installed"):
        install.bootstrap_uv()


def test_pip_takes_over_when_uv_finds_no_index(machine: Machine, tmp_path: Path) -> None:
    machine.program("uv", UV)
    machine.abilities("network")

    install.install()

    with_pip = (tmp_path / "venv" / "bin" / "calls").read_text()
    assert machine.calls[-1] == f"python -m venv {tmp_path / 'venv'}"
    assert "pip install -q --disable-pip-version-check --require-hashes --no-deps" in with_pip


def test_no_way_to_install_is_told(machine: Machine) -> None:
    machine.program("uv", UV)

    with pytest.raises(SystemExit, match="The packages could not be installed"):
        install.install()
