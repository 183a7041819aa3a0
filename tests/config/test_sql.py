"""Hot statements: typed rows, errors that say whether to repeat, and no transaction open while others are asked."""

import time
from collections.abc import Callable, Iterator
from threading import Barrier

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from config.sql import (
    TransactionOpen,
    assert_no_transaction,
    execute,
    fetch,
    fetch_one,
    is_transient,
    records,
)
from tests.config.pairs import Pair, pairs
from tests.races import at_once

__all__ = ["pairs"]


@pytest.fixture
def rows(transactional_db: None) -> Iterator[None]:
    """Two rows that many sessions may lock."""
    execute("CREATE TABLE depth_rows (id int PRIMARY KEY, number int)", {})
    execute("INSERT INTO depth_rows VALUES (1, 0), (2, 0)", {})
    yield
    connection.close()
    execute("DROP TABLE depth_rows", {})


def add_one(row: int) -> int:
    return execute("UPDATE depth_rows SET number = number + 1 WHERE id = %(row)s", {"row": row})


def numbers() -> list[Pair]:
    return fetch("SELECT id::text AS name, number FROM depth_rows ORDER BY id", {}, Pair)


def test_rows_come_typed_and_in_order(db: None) -> None:
    sql = "SELECT r::text, r FROM generate_series(1, %(last)s) AS r ORDER BY 2 DESC"

    assert fetch(sql, {"last": 2}, Pair) == [Pair("2", 2), Pair("1", 1)]
    assert fetch(sql, {"last": 0}, Pair) == []


def test_another_number_of_columns_is_an_error(db: None) -> None:
    with pytest.raises(TypeError):
        fetch("SELECT 'a'", {}, Pair)


def test_one_row_or_none(db: None) -> None:
    sql = "SELECT r::text, r FROM generate_series(1, %(last)s) AS r"

    assert fetch_one(sql, {"last": 1}, Pair) == Pair("1", 1)
    assert fetch_one(sql, {"last": 0}, Pair) is None


def test_a_value_is_never_read_as_sql(pairs: None) -> None:
    name = "'); DROP TABLE pairs; --%s%(name)s"

    assert execute("INSERT INTO pairs VALUES (%(name)s, 1)", {"name": name}) == 1

    assert fetch("SELECT name, number FROM pairs", {}, Pair) == [Pair(name, 1)]


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_a_kept_statement_is_planned_once(pairs: None) -> None:
    sql = "INSERT INTO pairs VALUES (%(name)s, %(number)s)"

    for number in range(3):
        assert execute(sql, {"name": "kept", "number": number}, kept=True) == 1

    assert [statement for statement in prepared() if "INSERT INTO pairs" in statement] == [
        "INSERT INTO pairs VALUES ($1, $2)"
    ]
    rows = fetch("SELECT name, number FROM pairs WHERE number > %(n)s ORDER BY number", {"n": 0}, Pair, kept=True)
    assert rows == [Pair("kept", 1), Pair("kept", 2)]


def test_a_statement_that_is_not_kept_is_planned_each_time(pairs: None) -> None:
    execute("INSERT INTO pairs VALUES (%(name)s, 1)", {"name": "once"})

    assert not [statement for statement in prepared() if "INSERT INTO pairs" in statement]


def test_a_kept_statement_fails_with_the_errors_of_django(pairs: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("INSERT INTO pairs VALUES ('x', %(number)s)", {"number": 100}, kept=True)

    assert fetch("SELECT name, number FROM pairs", {}, Pair, kept=True) == []


@pytest.mark.race
def test_a_deadlock_is_transient_and_its_loser_may_repeat(rows: None) -> None:
    both_hold_one = Barrier(2)

    def cross(n: int) -> str:
        try:
            with transaction.atomic():
                add_one(1 + n)
                both_hold_one.wait(timeout=10)
                add_one(2 - n)
        except OperationalError as error:
            if not is_transient(error):
                raise
            with transaction.atomic():
                add_one(2 - n)  # first what the other one holds: with the freed row in hand it could meet him again
                add_one(1 + n)
            return "repeated"
        return "at once"

    outcomes = at_once(2, cross)

    assert sorted(map(str, outcomes)) == ["at once", "repeated"]
    assert numbers() == [Pair("1", 2), Pair("2", 2)]


@pytest.mark.race
def test_a_lock_that_is_not_given_in_time_is_transient(rows: None) -> None:
    def wait_for_it(_: int) -> bool:
        with transaction.atomic():
            execute("SET LOCAL lock_timeout = '50ms'", {})
            add_one(1)
        return True

    with transaction.atomic():
        add_one(1)
        [error] = at_once(1, wait_for_it)

    assert isinstance(error, OperationalError)
    assert is_transient(error)
    assert numbers() == [Pair("1", 1), Pair("2", 0)]


@pytest.mark.race
def test_a_serialisation_failure_is_transient(rows: None) -> None:
    read = Barrier(2)

    def sum_up(n: int) -> int:
        with transaction.atomic():
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", {})
            numbers()
            read.wait(timeout=10)
            add_one(1)
            time.sleep(0.05)
        return n

    outcomes = at_once(2, sum_up)

    [error] = [outcome for outcome in outcomes if isinstance(outcome, OperationalError)]
    assert is_transient(error)
    assert numbers() == [Pair("1", 1), Pair("2", 0)]


def _too_slow() -> None:
    execute("SET LOCAL statement_timeout = '20ms'", {})
    execute("SELECT pg_sleep(5)", {})


def _cut_off() -> None:
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    execute("SELECT 1", {})


@pytest.mark.parametrize("fail", [_too_slow, _cut_off])
def test_what_may_have_happened_is_not_transient(transactional_db: None, fail: Callable[[], None]) -> None:
    with pytest.raises(OperationalError) as failure, transaction.atomic():
        fail()
    connection.close()

    assert not is_transient(failure.value)


def test_an_error_of_our_own_making_is_not_transient() -> None:
    assert not is_transient(OperationalError("no cause"))


def test_a_call_is_allowed_where_only_the_test_has_a_transaction(db: None) -> None:
    assert connection.in_atomic_block

    assert_no_transaction()


def test_a_call_is_allowed_without_any_transaction(transactional_db: None) -> None:
    assert not connection.in_atomic_block

    assert_no_transaction()


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("durable", [True, False])
def test_a_call_in_a_transaction_is_refused_at_any_depth(db: None, depth: int, durable: bool) -> None:
    def nested(left: int) -> None:
        with transaction.atomic(durable=durable and left == depth):
            if left > 1:
                nested(left - 1)
            else:
                assert_no_transaction()

    with pytest.raises(TransactionOpen, match="provider call"):
        nested(depth)
    assert_no_transaction()


def test_a_call_in_a_real_transaction_is_refused_until_it_ends(transactional_db: None) -> None:
    with transaction.atomic():
        with pytest.raises(TransactionOpen):
            assert_no_transaction()
        with pytest.raises(IntegrityError), transaction.atomic():
            raise IntegrityError("of a savepoint")
        with pytest.raises(TransactionOpen):
            assert_no_transaction()

    assert_no_transaction()


def test_a_call_after_commit_is_allowed(transactional_db: None) -> None:
    called = []

    def call() -> None:
        assert_no_transaction()
        called.append(True)

    with transaction.atomic():
        transaction.on_commit(call)

    assert called == [True]


def test_rows_travel_as_one_parameter(db: None) -> None:
    pairs = [Pair('quotes " and \\ and {braces}', 1), Pair("Ωμέγα\n", -(2**31))]
    sql = "SELECT o.name, o.number FROM json_to_recordset(%(pairs)s) AS o (name text, number int)"

    assert fetch(sql, {"pairs": records(pairs)}, Pair) == pairs
    assert fetch(sql, {"pairs": records([])}, Pair) == []
