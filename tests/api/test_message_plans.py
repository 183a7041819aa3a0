"""A store's log is found behind a hundred thousand newer lines of another store."""

import re
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from audiences.models import Store
from config.opaque import public_id
from messaging.models import MessageLog
from tests.api.clients import V1

FILL = """
    INSERT INTO messaging_messagelog (store_id, attempt, kind, outcome, provider_message_id, raw_status, error_class,
                                      error_code, text, at)
    SELECT %s, 1, 'attempt', 'accepted', 'm-' || n, '', '', '', 'Hello', now() FROM generate_series(1, 100000) AS n
"""


@pytest.fixture
def lines(store: Store, other_store: Store) -> None:
    """All of the store's lines are older than all of the other one's."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_messagelog")
        cursor.execute(FILL, [store.pk])
        cursor.execute(FILL, [other_store.pk])
        cursor.execute("ANALYZE messaging_messagelog")


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize("query", ["", "kind=decision", "cursor={cursor}"])
def test_a_page_is_found_by_the_stores_own_index(store: Store, api: APIClient, query: str) -> None:
    some = MessageLog.objects.filter(store_id=store.pk).order_by("pk")[60_000]
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'FROM "messaging_messagelog"' in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        answer = api.get(f"{V1}/messages?{query.format(cursor=public_id(some.pk, kind='cur'))}")

    assert answer.status_code == 200
    assert plans
    between = re.compile(r"\(id <= \d+\) AND \(id > \d+\)")
    assert all("using log_store" in plan or between.search(plan) for plan in plans), plans
