"""With a hundred thousand contacts nothing is read but whom it is about."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.models import Store
from campaigns.automations import fires
from campaigns.automations.sweep import run_due
from campaigns.automations.who import Chosen, choose
from campaigns.models import Automation
from tests.automations.steps import fresh
from tests.factories import AutomationFactory, StoreFactory

pytestmark = pytest.mark.django_db
Plan = Callable[[Callable[[], Any]], str]
CONTACTS = 100_000
DAY = date(2026, 7, 1)


@pytest.fixture
def crowd(store: Store) -> Store:
    """The store with CONTACTS contacts: two in three have a birthday, every one opted in long ago."""
    insert = """
        INSERT INTO audiences_contact (store_id, phone, phone_hash, country, first_name, last_name, email, birthday,
                                       gender, language, time_zone, fields, consent, consent_at, consent_source,
                                       created_at, updated_at)
        SELECT %s, '+3069' || lpad(n::text, 8, '0'), decode(lpad(to_hex(n), 32, '0'), 'hex'), 'GR', 'Ada', '', '',
               CASE WHEN n %% 3 > 0 THEN date '1960-01-01' + n %% 18000 END,
               '', '', '', '{}', 'opted_in', now() - interval '300 days', 'test', now() - interval '300 days', now()
          FROM generate_series(1, %s) AS n
    """
    with connection.cursor() as cursor:
        cursor.execute(insert, [store.pk, CONTACTS])
        cursor.execute(insert.replace("'+3069'", "'+3068'"), [StoreFactory.create().pk, CONTACTS // 10])
        cursor.execute("ANALYZE")  # every table: what other tests left in the statistics must not decide
    return store


@pytest.fixture
def plan(db: None) -> Plan:
    """Runs a call and gives the plans of its statements."""
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(("SELECT", "INSERT", "UPDATE")) and "pg_" not in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    def run(call: Callable[[], Any]) -> str:
        plans.clear()
        with connection.execute_wrapper(explain):
            call()
        return "\n".join(plans)

    return run


def test_a_birthday_is_found_by_its_index_and_not_by_reading_the_store(crowd: Store, plan: Plan) -> None:
    automation = AutomationFactory.create(store=crowd)
    chosen: list[Chosen] = []
    now = timezone.now()

    found = plan(lambda: chosen.append(choose(automation, day=DAY, now=now)))

    assert "contact_birthday" in found
    assert "Seq Scan on audiences_contact" not in found
    days = (date(1960, 1, 1) + timedelta(days=n % 18_000) for n in range(CONTACTS + 1) if n % 3)
    assert len(chosen[0].ids) == sum((day.month, day.day) == (7, 1) for day in days)


def test_on_28_february_two_days_are_found_by_it(crowd: Store, plan: Plan) -> None:
    automation = AutomationFactory.create(store=crowd)

    found = plan(lambda: choose(automation, day=date(2026, 2, 28), now=timezone.now()))

    assert "contact_birthday" in found
    assert "Seq Scan on audiences_contact" not in found


def test_those_who_wait_are_found_without_those_who_do_not(crowd: Store, plan: Plan) -> None:
    automation = AutomationFactory.create(store=crowd, kind="event", event_name="visit", daily_cap=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_automationfire (automation_id, contact_id, key, run_id, due_at, created_at)"
            " SELECT %s, c.id, 'old', 1, now(), now() FROM audiences_contact c WHERE c.store_id = %s",
            [automation.pk, crowd.pk],
        )
    contact_id = crowd.contacts.earliest("pk").pk
    now = timezone.now() - timedelta(seconds=1)
    fires.wait(automation, [fires.Wanted(contact_id, "event:1", now)], now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_automationfire")

    found = plan(lambda: run_due(limit=5))

    assert "automationfire_waiting" in found
    assert "Seq Scan on campaigns_automationfire" not in found
    assert "Seq Scan on audiences_contact" not in found
    assert fresh(automation).next_run_at is None


def test_win_back_walks_along_the_store_and_looks_people_up(crowd: Store, plan: Plan) -> None:
    automation = AutomationFactory.create(store=crowd, kind="winback")

    found = plan(lambda: choose(automation, day=DAY, now=timezone.now()))

    assert "Seq Scan on audiences_contact" not in found
    assert "contact_store" in found
    assert "Join" not in found
    assert found.count("Limit") >= 2  # a stretch of contacts at a time


def test_what_is_due_is_found_among_many(store: Store, plan: Plan) -> None:
    AutomationFactory.create(store=store, send_hour=(timezone.now().hour + 12) % 24)
    names = [field.column for field in Automation._meta.concrete_fields if field.column not in {"id", "name"}]
    columns = ", ".join(map(str, names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO campaigns_automation (name, {columns}) SELECT 'A ' || n, {columns}"
            " FROM campaigns_automation, generate_series(1, 3000) AS n"
        )
        cursor.execute("ANALYZE campaigns_automation")

    found = plan(lambda: run_due(limit=5))

    assert "automation_due" in found
