"""A database is migrated when it or the migrations changed, and only then."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import locks, migrations, postgres
from launcher.place import Place
from launcher.postgres import Server
from launcher.supervise import Supervisor

# What a migration leaves behind, as far as the launcher looks.
TABLE = (
    "CREATE TABLE IF NOT EXISTS django_migrations (id serial, app text, name text, applied timestamptz DEFAULT now())"
)
ROW = "INSERT INTO django_migrations (app, name) VALUES ('billing', '0001')"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "state", durable=False)
    place.make()
    return place


@pytest.fixture
def server(place: Place, supervisor: Supervisor, tmp_path: Path) -> Iterator[Server]:
    lock = locks.take(tmp_path / "lock", wait=0)
    assert lock
    with lock:
        started = postgres.start(place=place, supervisor=supervisor, keep_open=(lock.fileno(),))
        started.create_database("heliograph")
        yield started


@pytest.fixture
def runs(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs of a stand-in for Django's command, which needs the whole product."""
    made: list[str] = []

    def migrate(env: object) -> None:
        made.append("run")
        server.query(TABLE, database="heliograph")
        server.query(ROW, database="heliograph")

    monkeypatch.setattr(migrations, "migrate", migrate)
    return made


def start(server: Server, *, place: Place) -> None:
    migrations.bring_up_to_date(server, env=os.environ, place=place)


def test_a_new_database_is_migrated_and_the_second_start_has_nothing_to_do(
    server: Server, place: Place, runs: list[str]
) -> None:
    start(server, place=place)
    start(server, place=place)

    assert runs == ["run"]


def test_a_new_migration_is_run(server: Server, place: Place, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    start(server, place=place)
    monkeypatch.setattr(migrations, "fingerprint", lambda: "another")

    start(server, place=place)

    assert runs == ["run", "run"]


@pytest.mark.parametrize("change", ["DELETE FROM django_migrations", "DROP TABLE django_migrations"])
def test_what_was_taken_back_by_hand_is_run_again(change: str, server: Server, place: Place, runs: list[str]) -> None:
    start(server, place=place)
    server.query(change, database="heliograph")

    start(server, place=place)

    assert runs == ["run", "run"]


def test_a_database_made_anew_is_migrated_again(server: Server, place: Place, runs: list[str]) -> None:
    start(server, place=place)
    server.query("DROP DATABASE heliograph")
    server.create_database("heliograph")

    start(server, place=place)

    assert runs == ["run", "run"]


def test_the_fingerprint_follows_migrations_states_and_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "ROOT", tmp_path)
    monkeypatch.setattr(migrations, "LOCK_FILES", [tmp_path / "base.txt"])
    seen = set()
    for name in ("base.txt", "billing/migrations/0001_initial.py", "billing/states.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("changed")
        seen.add(migrations.fingerprint())
    (tmp_path / "billing" / "models.py").write_text("of no matter")

    assert len(seen) == 3
    assert migrations.fingerprint() in seen
