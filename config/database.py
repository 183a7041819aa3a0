"""How Django reaches PostgreSQL: every wait has an end, with a connection of its own or through a pooler."""

from typing import Any
from urllib.parse import unquote

import environ
from django.db import connections

# A process that hangs must not hold a row that others need. Compiling statements costs more than any of ours runs.
LIMITS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "jit": "off",
}


def databases(env: environ.Env) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default`, and `replica` where REPLICA_URL names one (see `reports`).

    Behind a pooler that gives a server connection away after each transaction (DB_POOLER), nothing may be left in a
    session: the LIMITS come from the role (`manage.py database_limits`), and no cursor outlives its transaction.
    """
    found = {"default": _database(env.db("DATABASE_URL"), env)}
    if env("REPLICA_URL", default=""):
        found["replica"] = _database(env.db("REPLICA_URL"), env) | {"TEST": {"MIRROR": "default"}}
    return found


def reports() -> str:
    """The database that exports read: long, and allowed to be some seconds old. Nothing is decided by them."""
    return "replica" if "replica" in connections.databases else "default"


def _database(database: dict[str, Any], env: environ.Env) -> dict[str, Any]:
    database["HOST"] = unquote(str(database.get("HOST", "")))  # a socket folder arrives percent-encoded
    options: dict[str, Any] = {"connect_timeout": env.int("DB_CONNECT_TIMEOUT", default=5)}
    database["OPTIONS"] = options
    if env.bool("DB_POOLER", default=False):
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        options["prepare_threshold"] = 0  # what config.sql is asked to keep is kept from the first time on
        options["options"] = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    # web: a pool. Workers: long connections, since Celery closes pools (celery#10554)
    if env.bool("DB_POOL", default=False):
        options["pool"] = {"min_size": 1, "max_size": env.int("DB_POOL_MAX", default=10), "timeout": 10}
    else:
        database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
        database["CONN_HEALTH_CHECKS"] = True
    if template := env("TEST_TEMPLATE", default=""):
        database["TEST"] = {"TEMPLATE": template}
    return database
