"""A store's rows are found behind a hundred thousand newer ones of another store."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from audiences.models import Contact, Store
from config.opaque import public_id
from messaging.models import MessageLog
from tests.api.clients import V1

LINES = """
    INSERT INTO messaging_messagelog (store_id, attempt, kind, outcome, provider_message_id, raw_status, error_class,
                                      error_code, text, at)
    SELECT %s, 1, 'attempt', 'accepted', 'm-' || n, '', '', '', 'Hello', now() FROM generate_series(1, 100000) AS n
"""
CONTACTS = """
    INSERT INTO audiences_contact (store_id, phone, phone_hash, country, first_name, last_name, email, gender, language,
                                   time_zone, fields, consent, consent_at, consent_source, created_at, updated_at)
    SELECT %s, '+3069' || lpad(n::text, 8, '0'), decode(lpad(to_hex(n), 32, '0'), 'hex'), 'GR', 'Ada', '', '', '', '',
           '', '{}', 'opted_in', now(), 'test', now(), now()
      FROM generate_series(1, 100000) AS n
"""
Plans = Callable[..., list[str]]
BETWEEN = re.compile(r"\(id <= \d+\) AND \(id > \d+\)")


@pytest.fixture
def crowds(store: Store, other_store: Store) -> None:
    """All of the store's rows are older than all of the other one's."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE messaging_messagelog")
        for fill in (LINES, CONTACTS):
            cursor.execute(fill, [store.pk])
            cursor.execute(fill, [other_store.pk])
        cursor.execute("ANALYZE messaging_messagelog, audiences_contact")


@pytest.fixture
def plans(api: APIClient) -> Plans:
    """Asks the API and gives the plans of the statements that read a store's rows."""

    def run(path: str, body: dict[str, str] | None = None) -> list[str]:
        found: list[str] = []

        def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if 'FROM "messaging_messagelog"' in sql or 'FROM "audiences_contact"' in sql:
                with connection.connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN {sql}", params)
                    found.append("\n".join(line for (line,) in cursor.fetchall()))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(explain):
            answer = api.post(f"{V1}/{path}", body, format="json") if body else api.get(f"{V1}/{path}")
        assert answer.status_code == 200
        return found

    return run


@pytest.mark.usefixtures("crowds")
@pytest.mark.parametrize("query", ["", "kind=decision", "cursor={cursor}"])
def test_a_page_of_the_log_is_found_by_the_stores_own_index(store: Store, plans: Plans, query: str) -> None:
    some = MessageLog.objects.filter(store_id=store.pk).order_by("pk")[60_000]

    found = plans(f"messages?{query.format(cursor=public_id(some.pk, kind='cur'))}")

    assert found
    assert all("using log_store" in plan or BETWEEN.search(plan) for plan in found), found


@pytest.mark.usefixtures("crowds")
@pytest.mark.parametrize("query", ["", "country=GR", "cursor={cursor}"])
def test_a_page_of_contacts_is_found_by_the_stores_own_index(store: Store, plans: Plans, query: str) -> None:
    some = Contact.objects.filter(store=store).order_by("pk")[60_000]

    found = plans(f"contacts?{query.format(cursor=public_id(some.pk, kind='cur'))}")

    assert found
    assert all("using contact_store" in plan for plan in found), found


@pytest.mark.usefixtures("crowds")
@pytest.mark.parametrize(("text", "index"), [("Ada", "contact_store"), ("+306900000007", "contact_phone_once")])
def test_whom_one_looks_for_is_found_by_the_stores_own_index(plans: Plans, text: str, index: str) -> None:
    found = plans("contacts/lookup", {"text": text})

    assert found
    assert all(f"using {index}" in plan or BETWEEN.search(plan) for plan in found), found
