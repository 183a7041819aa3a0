"""The drill's surroundings are its own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from messaging.drill import place

Make = Callable[[], dict[str, str]]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Surroundings, as often as they are asked for."""
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@else/production")
    monkeypatch.setenv("REDIS_URL", "redis://somebody-else:6379/0")
    made: list[dict[str, str]] = []

    def make() -> dict[str, str]:
        made.append(place.environment())
        return made[-1]

    yield make
    for one in made:
        shutil.rmtree(one[place.FOLDER])


@pytest.fixture
def env(make: Make) -> dict[str, str]:
    return make()


def test_it_uses_no_server_of_the_caller(env: dict[str, str]) -> None:
    assert "else" not in env["DATABASE_URL"] + env["REDIS_URL"] + env["CELERY_BROKER_URL"]
    assert env["DATABASE_URL"].endswith(":5432/trial")
    assert env["REDIS_URL"].startswith("unix://")
    assert env["CELERY_BROKER_URL"].startswith("redis+socket://")


def test_its_folder_is_private_and_new_each_time(env: dict[str, str], make: Make) -> None:
    folder = Path(env[place.FOLDER])

    assert folder.stat().st_mode & 0o077 == 0
    assert env["LOCAL_DIR"] == str(folder)
    assert make()[place.FOLDER] != str(folder)


def test_timers_are_short_unless_the_caller_says_otherwise(
    env: dict[str, str], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEND_LEASE_SECONDS", "2")

    assert env["SEND_LEASE_SECONDS"] == "5"
    assert make()["SEND_LEASE_SECONDS"] == "2"


def test_web_and_simulator_have_ports_of_their_own(env: dict[str, str]) -> None:
    assert env["PORT"] != env["SIMULATOR_PORT"]
    assert env["PUBLIC_URL"] == f"http://127.0.0.1:{env['PORT']}"
    assert env["SIMULATOR_URL"] == f"http://127.0.0.1:{env['SIMULATOR_PORT']}"


def test_crash_points_work_and_secrets_are_made_up(env: dict[str, str], make: Make) -> None:
    assert env["DEBUG"] == "1"
    assert len(env["SECRET_KEY"]) >= 50
    assert env["SECRET_KEY"] != make()["SECRET_KEY"]
