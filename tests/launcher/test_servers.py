"""Real servers: started from the packages, found by their addresses, gone afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
import redis

from launcher import locks, postgres, servers, template
from launcher.place import Place
from launcher.postgres import Server
from launcher.supervise import Supervisor
from tests.launcher.processes import is_running


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state", durable=False)


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[IO[str]]:
    taken = locks.take(tmp_path / "lock", wait=0)
    assert taken
    with taken:
        yield taken


@pytest.fixture(autouse=True)
def no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(place: Place, lock: IO[str], supervisor: Supervisor) -> Server:
    place.make()
    return postgres.start(place=place, supervisor=supervisor, keep_open=(lock.fileno(),))


def test_both_servers_answer_at_the_addresses_given(place: Place, lock: IO[str], supervisor: Supervisor) -> None:
    env, server = servers.start(place=place, supervisor=supervisor, lock=lock)

    assert server
    assert env["DATABASE_URL"] == server.url("heliograph")
    assert server.query("SELECT 41 + 1") == ["42"]
    with redis.Redis.from_url(env["REDIS_URL"]) as client:
        assert client.ping() is True


def test_servers_of_somebody_else_are_used_and_none_started(
    place: Place, lock: IO[str], supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app@db.example.com/heliograph")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example.com/0")

    env, server = servers.start(place=place, supervisor=supervisor, lock=lock)

    assert server is None
    assert supervisor.children == []
    assert env["DATABASE_URL"] == "postgres://app@db.example.com/heliograph"
    assert env["CELERY_BROKER_URL"] == "redis://cache.example.com/0"


def test_the_data_outlives_the_server(place: Place, lock: IO[str], server: Server, supervisor: Supervisor) -> None:
    server.create_database("kept")
    supervisor.__exit__()
    assert supervisor.children == []

    again = postgres.start(place=place, supervisor=supervisor, keep_open=(lock.fileno(),))

    assert again.query("SELECT datname FROM pg_database WHERE datname = 'kept'") == ["kept"]


def test_a_half_made_cluster_is_made_again(place: Place, lock: IO[str], supervisor: Supervisor) -> None:
    data = place.state / "pg" / "data"
    data.mkdir(parents=True)
    (data / "base").touch()
    place.make()

    server = postgres.start(place=place, supervisor=supervisor, keep_open=(lock.fileno(),))

    assert server.query("SELECT 1") == ["1"]


def test_data_of_another_release_is_not_touched(place: Place, lock: IO[str], supervisor: Supervisor) -> None:
    demo = Place(place.state, durable=True)
    data = place.state / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    demo.make()

    with pytest.raises(SystemExit, match="was made by PostgreSQL 9"):
        postgres.start(place=demo, supervisor=supervisor, keep_open=(lock.fileno(),))

    assert (data / "PG_VERSION").read_text() == "9\n"


def test_servers_are_gone_after_the_stop(place: Place, lock: IO[str], supervisor: Supervisor) -> None:
    servers.start(place=place, supervisor=supervisor, lock=lock)
    running = [child.process.pid for child in supervisor.children]
    assert len(running) == 2

    supervisor.__exit__()

    assert not any(map(is_running, running))
    assert "database system is shut down" in place.log("postgres").read_text()


def test_a_template_is_made_once_and_again_after_a_change(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrated: list[str] = []
    monkeypatch.setattr(template, "migrate", lambda env: migrated.append(env["DATABASE_URL"]))
    monkeypatch.setattr(template, "fingerprint", lambda: "one")
    first = [template.ensure(server, env=os.environ) for _ in range(2)]
    monkeypatch.setattr(template, "fingerprint", lambda: "two")

    second = template.ensure(server, env=os.environ)

    assert first == ["template_one", "template_one"]
    assert second == "template_two"
    assert migrated == [server.url("unfinished")] * 2
    assert server.query("SELECT datname FROM pg_database WHERE datname ~ '^template_'") == ["template_two"]
