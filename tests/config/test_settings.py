"""Settings come from the environment; what is missing or dangerous is refused at start, not at the first request."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.simulator import ROOT

NEEDED = {"SECRET_KEY": "a-secret", "DATABASE_URL": "postgres://heliograph@127.0.0.1:5432/heliograph"}
DOCUMENTED = re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings as a process finds them in an environment that says this and nothing else."""

    def start(*, without: str = "", **environment: str) -> dict[str, Any]:
        for name in DOCUMENTED:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**NEEDED, **environment}.items():
            monkeypatch.setenv(name, value)
        if without:
            monkeypatch.delenv(without)
        return runpy.run_path(str(ROOT / "config" / "settings.py"))

    return start


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_it_does_not_start_without_what_it_needs(started: Any, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        started(without=name)


@pytest.mark.parametrize("name", ["SMS_BATCH_SIZE", "IMPORT_MAX_BYTES", "SEND_LEASE_SECONDS", "QUOTE_INLINE_MAX"])
@pytest.mark.parametrize("value", ["", "many", "1.5"])
def test_it_does_not_start_with_a_number_that_is_none(started: Any, name: str, value: str) -> None:
    with pytest.raises((ImproperlyConfigured, ValueError)):
        started(**{name: value})


def test_in_production_everything_is_closed(started: Any) -> None:
    found = started()

    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == []
    assert found["SECURE_SSL_REDIRECT"] is found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["API_KEYS_NEED_TLS"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SECURE_PROXY_SSL_HEADER"] is None


def test_for_development_it_is_open_to_this_machine_only(started: Any) -> None:
    found = started(DEBUG="1")

    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert found["API_KEYS_NEED_TLS"] is found["SESSION_COOKIE_SECURE"] is found["SECURE_SSL_REDIRECT"] is False


def test_a_failpoint_needs_debug(started: Any) -> None:
    assert started(FAILPOINT="call.answered")["FAILPOINT"] == ""
    assert started(FAILPOINT="call.answered", DEBUG="1")["FAILPOINT"] == "call.answered"


def test_a_proxy_is_believed_only_when_it_is_ours(started: Any) -> None:
    assert started(BEHIND_PROXY="1")["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("url", "host", "name"),
    [
        ("postgres://u@%2Fvar%2Frun%2Fpostgresql:5433/shop", "/var/run/postgresql", "shop"),
        ("postgres://u@%2Fa%20folder%2Fwith%20spaces/shop", "/a folder/with spaces", "shop"),
        ("postgres://u@db.example.org:5433/shop", "db.example.org", "shop"),
        ("postgresql://u:p%40ss@10.0.0.7/shop", "10.0.0.7", "shop"),
    ],
)
def test_a_database_is_found_by_host_or_by_folder(started: Any, url: str, host: str, name: str) -> None:
    database = started(DATABASE_URL=url)["DATABASES"]["default"]

    assert (database["HOST"], database["NAME"]) == (host, name)
    assert database["ENGINE"].endswith("postgresql")


def test_a_password_arrives_as_it_was_chosen(started: Any) -> None:
    database = started(DATABASE_URL="postgres://shop:p%40ss%2Fw%25rd@db/shop")["DATABASES"]["default"]

    assert (database["USER"], database["PASSWORD"]) == ("shop", "p@ss/w%rd")


def test_every_wait_of_the_database_has_an_end(started: Any) -> None:
    options = started()["DATABASES"]["default"]["OPTIONS"]

    for limit in ("idle_in_transaction_session_timeout=10s", "lock_timeout=5s", "statement_timeout=60s"):
        assert limit in options["options"]
    assert options["connect_timeout"] == 5


def test_the_web_pools_connections_and_workers_keep_theirs(started: Any) -> None:
    web = started(DB_POOL="1", DB_POOL_MAX="4")["DATABASES"]["default"]
    worker = started()["DATABASES"]["default"]

    assert web["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 4, "timeout": 10}
    assert "CONN_MAX_AGE" not in web or not web["CONN_MAX_AGE"]
    assert "pool" not in worker["OPTIONS"]
    assert (worker["CONN_MAX_AGE"], worker["CONN_HEALTH_CHECKS"]) == (600, True)


def test_the_keys_follow_the_secret_unless_they_are_set(started: Any) -> None:
    plain = started()
    assert plain["REFERENCE_KEY"] == plain["SUPPRESSION_KEY"] == "a-secret"
    assert plain["CREDENTIAL_KEYS"] == ["a-secret"]

    own = started(REFERENCE_KEY="ids", SUPPRESSION_KEY="phones", CREDENTIAL_KEYS="new,old")
    assert (own["REFERENCE_KEY"], own["SUPPRESSION_KEY"]) == ("ids", "phones")
    assert own["CREDENTIAL_KEYS"] == ["new", "old"]


def test_addresses_lose_their_last_slash(started: Any) -> None:
    found = started(PUBLIC_URL="https://sms.example.org/", STREAM_URL="https://stream.example.org/")

    assert (found["PUBLIC_URL"], found["STREAM_URL"]) == ("https://sms.example.org", "https://stream.example.org")
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://sms.example.org"]


def test_the_broker_is_redis_unless_it_is_another(started: Any) -> None:
    assert started(REDIS_URL="redis://r:6379/3")["CELERY_BROKER_URL"] == "redis://r:6379/3"
    both = started(REDIS_URL="redis://r:6379/3", CELERY_BROKER_URL="redis://b:6379/0")
    assert (both["REDIS_URL"], both["CELERY_BROKER_URL"]) == ("redis://r:6379/3", "redis://b:6379/0")


def test_files_stay_where_they_are_told_to(started: Any, tmp_path: Path) -> None:
    found = started(LOCAL_DIR=str(tmp_path))

    assert found["LOCAL_DIR"] == tmp_path
    assert found["STORAGES"]["default"]["OPTIONS"]["location"] == tmp_path / "files"


def test_a_slice_of_work_ends_before_its_task_is_killed(started: Any) -> None:
    found = started()

    assert found["SEND_CALL_SECONDS"] < found["SEND_LEASE_SECONDS"] < found["SEND_CALL_STALE_SECONDS"]
    assert found["SEND_SLICE_SECONDS"] + found["SEND_CALL_SECONDS"] < found["CELERY_TASK_TIME_LIMIT"]
    assert found["CELERY_TASK_ACKS_LATE"] is False
