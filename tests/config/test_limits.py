"""Every wait has an end: by the connection itself, or behind a pooler by the role."""

import json
from io import StringIO

import environ
import pytest
from django.conf import settings as live
from django.core.management import call_command
from django.db import connection

from config import limits
from config.database import LIMITS, databases
from config.sql import execute

TIMEOUTS = ["idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"]


@pytest.fixture
def pooled(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session as a pooler gives it: nothing in it was set by us."""
    monkeypatch.setitem(live.DATABASES["default"], "DISABLE_SERVER_SIDE_CURSORS", True)
    for name in TIMEOUTS:
        execute(f"SET LOCAL {name} = 0", {})


def configured(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, object]:
    for name in ("DB_POOLER", "DB_POOL", "TEST_TEMPLATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://heliograph@%2Frun%2Fpg:5432/heliograph")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return databases(environ.Env())["default"]


def test_a_connection_of_its_own_brings_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(monkeypatch)

    assert found["HOST"] == "/run/pg"
    assert found["OPTIONS"] == {
        "connect_timeout": 5,
        "prepare_threshold": 0,
        "options": "-c idle_in_transaction_session_timeout=10s -c lock_timeout=5s -c statement_timeout=60s -c jit=off",
    }
    assert "DISABLE_SERVER_SIDE_CURSORS" not in found


def test_behind_a_pooler_a_session_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(monkeypatch, DB_POOLER="1")

    assert found["OPTIONS"] == {"connect_timeout": 5}
    assert found["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_our_own_sessions_have_an_end_for_every_wait(db: None) -> None:
    assert limits.missing() == []


def test_a_pooled_session_without_an_end_is_found(pooled: None) -> None:
    assert limits.missing() == TIMEOUTS

    execute("SET LOCAL lock_timeout = '3s'", {})

    assert limits.missing() == ["idle_in_transaction_session_timeout", "statement_timeout"]


def test_the_role_is_given_the_limits(db: None) -> None:
    told = StringIO()
    call_command("database_limits", "--json", stdout=told)
    assert len(json.loads(told.getvalue())["statements"]) == len(LIMITS)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
            " WHERE d.datname = current_database()"
        )
        written = {row[0] for row in cursor.fetchall()}
    assert written == {f"{name}={value}" for name, value in LIMITS.items()}
