"""Faults of the servers: a broker that forgets, hangs or is full; a database that crashes or cuts sessions."""

import signal

from django.db import connection

from config.redis import client
from messaging.drill.rig import Fault, Rig

FULL = "1kb"


def _flush(rig: Rig) -> bool:
    return bool(client().flushall())


def _restart_redis(rig: Rig) -> bool:
    rig.house.kill_redis()
    rig.house.start_redis()
    return True


def _freeze_redis(rig: Rig) -> bool:
    return rig.house.signal("redis", signal.SIGSTOP)


def _thaw_redis(rig: Rig) -> None:
    rig.house.signal("redis", signal.SIGCONT)


def _fill_redis(rig: Rig) -> bool:
    return bool(client().config_set("maxmemory", FULL))


def _empty_redis(rig: Rig) -> None:
    client().config_set("maxmemory", "0")


def _crash_postgres(rig: Rig) -> bool:
    connection.close()
    rig.house.crash_postgres()
    rig.house.start_postgres()
    return True


def _cut_sessions(rig: Rig) -> bool:
    """Half of the sessions of the others, whatever they are in the middle of."""
    sql = """
        SELECT count(pg_terminate_backend(pid))
          FROM pg_stat_activity
         WHERE datname = current_database()
           AND pid <> pg_backend_pid()
           AND random() < 0.5
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return bool(row and row[0])


FAULTS = {
    "redis flushall": Fault(_flush),
    "redis restart, empty": Fault(_restart_redis),
    "redis frozen for 8 s": Fault(_freeze_redis, 8.0, _thaw_redis),
    "redis full": Fault(_fill_redis, 8.0, _empty_redis),
    "postgres crash": Fault(_crash_postgres),
    "postgres cuts sessions": Fault(_cut_sessions),
}
