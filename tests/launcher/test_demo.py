"""bin/demo's own part: options, environment, what --clean leaves alone."""

import subprocess
from pathlib import Path

import pytest

from launcher import credentials, demo, ports, rootless
from launcher.place import PYTHON, Place
from launcher.ports import Ports

CHOSEN = Ports({"PORT": 8000, "STREAM_PORT": 8001, "SIMULATOR_PORT": 8025}, [])


def test_options_reach_the_main_job_and_unknown_ones_too() -> None:
    options, rest = demo.parse(["--once", "--json", "--recipients", "500", "--speed", "3"])

    assert demo.job_command(options, rest=rest) == [
        str(PYTHON),
        "manage.py",
        "demo",
        "--recipients=500",
        "--once",
        "--json",
        "--speed",
        "3",
    ]


def test_without_options_ten_thousand_recipients_and_staying_up() -> None:
    options, rest = demo.parse([])

    assert options == demo.Options(once=False, json=False, recipients=10_000, port=None, clean=False)
    assert rest == []


def test_processes_learn_each_other_s_addresses(tmp_path: Path) -> None:
    env = demo.demo_environment({}, place=Place(tmp_path, durable=True), chosen=CHOSEN)

    assert env["PORT"] == "8000"
    assert env["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert env["STREAM_URL"] == "http://127.0.0.1:8001"
    assert env["SIMULATOR_URL"] == "http://127.0.0.1:8025"
    assert env["DEBUG"] == env["HELIOGRAPH_DEMO"] == "1"
    assert len(env["SECRET_KEY"]) == 64


def test_what_the_caller_set_is_kept_except_ports_and_host(tmp_path: Path) -> None:
    given = {"DEBUG": "0", "SECRET_KEY": "mine", "PORT": "1", "HOST": "some-machine"}

    env = demo.demo_environment(given, place=Place(tmp_path, durable=True), chosen=CHOSEN)

    assert (env["DEBUG"], env["SECRET_KEY"], env["PORT"], env["HOST"]) == ("0", "mine", "8000", ports.HOST)


def test_a_shell_can_read_the_environment_back(tmp_path: Path) -> None:
    odd = tmp_path / "it's 100% $HOME `odd`"
    env = demo.demo_environment({"LOCAL_DIR": str(odd)}, place=Place(tmp_path, durable=True), chosen=CHOSEN)
    file = tmp_path / "demo.env"

    credentials.write(file, demo.for_a_shell(env))

    script = f"set -a; . {file}; printenv LOCAL_DIR SECRET_KEY"
    read = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
    assert read.splitlines() == [str(odd), env["SECRET_KEY"]]
    assert file.stat().st_mode & 0o777 == 0o600


def test_clean_leaves_tools_locks_and_running_tests_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(rootless, "SHARED", tmp_path)
    for name in ("locks", "tool", "test1", "pg", "valkey", "logs"):
        (tmp_path / "local" / name).mkdir(parents=True)
    (tmp_path / "local" / "secrets.env").touch()

    demo.clean()

    assert {path.name for path in (tmp_path / "local").iterdir()} == {"locks", "tool", "test1"}
    assert not list(tmp_path.glob("heliograph-*"))
