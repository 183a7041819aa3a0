"""Hot statements: typed rows out, named parameters in, and the guard that no transaction is open during a call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar, cast

import orjson
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import BigIntegerField, Expression, QuerySet
from django.db.models.query import ValuesListIterable
from psycopg import Cursor

Row = TypeVar("Row", bound=NamedTuple)
Params = Mapping[str, Any]

# serialization failure, deadlock, lock not available: the statement did nothing and may be repeated.
TRANSIENT = {"40001", "40P01", "55P03"}

NULL = r"\N"  # in COPY's text format


class TransactionOpen(RuntimeError):
    """A provider was about to be called inside a database transaction."""


class TransactionNeeded(RuntimeError):
    """Something was asked for that does not outlive a transaction, and none is open."""


def fetch(sql: str, params: Params, row: type[Row], *, kept: bool = False) -> list[Row]:
    """Run a statement and return its rows as `row`s, which must name the columns in order. `kept`: see `_cursor`."""
    with _cursor(kept=kept) as cursor:
        cursor.execute(sql, params)
        return [row(*values) for values in cursor.fetchall()]


def fetch_one(sql: str, params: Params, row: type[Row], *, kept: bool = False) -> Row | None:
    """As `fetch`, for a statement that returns one row or none."""
    rows = fetch(sql, params, row, kept=kept)
    return rows[0] if rows else None


def execute(sql: str, params: Params, *, kept: bool = False) -> int:
    """Run a statement and return how many rows it touched. `kept`: see `_cursor`."""
    with _cursor(kept=kept) as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


@contextmanager
def _cursor(*, kept: bool) -> Iterator[Any]:
    """A cursor; `kept`: the server reads and plans the statement once per connection, and is given the values alone.

    For what is asked once or more per batch, 0.3 to 1 ms of the server each. Not for tables that grow by a million
    rows between two ANALYZE: a plan that was made while they were small would be kept. Behind a pooler nothing is.
    """
    if not kept or connection.queries_logged:  # who looks at statements wants to see their values in them
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as bare:
        yield CursorWrapper(bare, connection)


class Number(Expression):
    """An integer that a `Prepared` is given each time."""

    def __init__(self) -> None:
        super().__init__(output_field=BigIntegerField())

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A placeholder whose value is the expression itself, until somebody asks."""
        return "%s", [self]


class Prepared:
    """A query of values with a `Number` in it, written once and asked often: Django takes 6 ms to write a large one."""

    def __init__(self, query: "QuerySet[Any, Any]") -> None:
        self._sql, self._params = query.query.sql_with_params()

    def rows(self, number: int) -> list[tuple[Any, ...]]:
        """The rows for this number, as the driver gives them."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [number if isinstance(one, Number) else one for one in self._params])
            return list(cursor.fetchall())


def records(rows: Iterable[NamedTuple]) -> str:
    """Rows as one parameter for json_to_recordset, which names their columns and types.

    0.5 µs a row; the driver takes 2 µs for each element of an array. A NUL is refused by the database, as elsewhere.
    """
    return orjson.dumps([row._asdict() for row in rows]).decode()


@contextmanager
def roomy() -> Iterator[None]:
    """Let statements hash millions of ids in memory, inside a transaction of its own if there is none.

    PostgreSQL's 4 MB hold 200 000: above that it would ask an `OR` of subqueries for each row anew (measured with a
    million contacts: 23 s instead of 2). Only what is really hashed is taken.
    """
    with transaction.atomic():
        execute("SET LOCAL work_mem = '64MB'", {})
        yield
        execute("SET LOCAL work_mem TO DEFAULT", {})


def streamed(rows: "QuerySet[Any, tuple[Any, ...]]", *, chunk_size: int = 10_000) -> Iterator[tuple[Any, ...]]:
    """The rows of a `values_list` by a cursor on the server, so that a million of them need no memory here.

    Inside a transaction only (TransactionNeeded): there such a cursor is safe behind a pooler as well, where
    `iterator()` reads everything at once.
    """
    if not connection.in_atomic_block:
        raise TransactionNeeded("a cursor that is to outlive its statement")
    yield from ValuesListIterable(cast("Any", rows), chunked_fetch=True, chunk_size=chunk_size)


class Taken(NamedTuple):
    """Whether a lock was taken."""

    value: bool


def alone(name: str) -> bool:
    """Whether nobody else does what `name` says now; then nobody does until the transaction ends. Never waits."""
    sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0))"
    taken = fetch_one(sql, {"name": name}, Taken)
    return bool(taken and taken.value)


def copy_rows(*, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows by COPY (13-17 µs each with four indexes; multi-row INSERT takes 50). Names are ours, never input."""
    names = ", ".join(columns)
    # A copy is not wrapped by Django's cursor: without this, callers would meet the driver's errors and retry nothing.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def copy_text(*, table: str, columns: Sequence[str], text: bytes, null: str = "") -> None:
    """As `copy_rows`, for lines that are in COPY's text format already; a cell that is `null` becomes NULL."""
    names = ", ".join(columns)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (NULL '{null}')") as copy,
    ):
        copy.write(text)


def cell(text: str) -> str:
    """A text as it stands between the tabs of COPY's text format (PostgreSQL 18, COPY: File Formats)."""
    # 0.3 µs for a message; `translate` takes 4, for it makes one character of another only.
    return text.replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")


def assert_no_transaction() -> None:
    """Raise TransactionOpen if a transaction is open; a test case's own outer block does not count.

    A provider call inside a transaction would hold locks for as long as the provider likes.
    """
    blocks = [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
    if blocks:
        raise TransactionOpen("a provider call inside a database transaction")


def is_transient(error: OperationalError) -> bool:
    """Whether the database asked to repeat the transaction (deadlock, lock time-out, serialisation)."""
    return getattr(error.__cause__, "sqlstate", None) in TRANSIENT
