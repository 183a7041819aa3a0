"""One table per machine: the move, the CHECK, the trigger and the diagram all say the same."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audiences.models import ContactImport, Store
from audiences.states import IMPORT
from config.statemachine import Machine, Move
from tests.factories import StoreFactory
from tests.races import at_once

LAMP = Machine(
    name="lamp",
    column="state",
    states=("off", "on", "broken"),
    moves={
        "press": Move(("off",), "on"),
        "release": Move(("on",), "off"),
        "again": Move(("on", "off"), "on"),
        "burst": Move(("on", "off"), "broken"),
    },
)
LEGAL = {("off", "on"), ("on", "off"), ("on", "broken"), ("off", "broken")}


def sql(statement: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def state() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM lamp")
        return str(cursor.fetchone()[0])


@pytest.fixture
def lamp(db: None) -> Iterator[None]:
    """A table with one lamp, watched by the machine's trigger."""
    sql("CREATE TEMPORARY TABLE lamp (id int, state varchar(10), colour text)")
    sql("INSERT INTO lamp VALUES (1, 'off', 'red')")
    sql(LAMP.trigger_sql("lamp"))
    yield
    sql(LAMP.drop_trigger_sql("lamp"))
    sql("DROP TABLE lamp")


def put(into: str) -> None:
    """Bring the lamp into a state, past the trigger."""
    sql("ALTER TABLE lamp DISABLE TRIGGER USER")
    sql("UPDATE lamp SET state = %s", into)
    sql("ALTER TABLE lamp ENABLE TRIGGER USER")


def test_the_legal_pairs_are_those_of_the_table_without_standing_still() -> None:
    assert LAMP.pairs() == LEGAL


@pytest.mark.parametrize(("before", "after"), list(product(LAMP.states, repeat=2)))
def test_the_trigger_lets_exactly_the_legal_pairs_pass(lamp: None, before: str, after: str) -> None:
    put(before)

    if before == after or (before, after) in LEGAL:
        sql("UPDATE lamp SET state = %s", after)
        assert state() == after
        return
    with pytest.raises(IntegrityError, match=f"illegal move of lamp: {before} -> {after}"), transaction.atomic():
        sql("UPDATE lamp SET state = %s", after)
    assert state() == before


def test_the_trigger_minds_nothing_but_its_column(lamp: None) -> None:
    put("broken")

    sql("UPDATE lamp SET colour = 'green', state = state")

    assert state() == "broken"


def test_one_illegal_row_refuses_the_whole_statement(lamp: None) -> None:
    sql("INSERT INTO lamp VALUES (2, 'broken', 'red')")

    with pytest.raises(IntegrityError), transaction.atomic():
        sql("UPDATE lamp SET state = 'on'")

    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM lamp ORDER BY id")
        assert cursor.fetchall() == [("off",), ("broken",)]


def test_the_trigger_can_be_laid_again_with_another_table_of_moves(lamp: None) -> None:
    repairable = Machine("lamp", "state", LAMP.states, {**LAMP.moves, "mend": Move(("broken",), "off")})
    put("broken")

    sql(repairable.trigger_sql("lamp"))
    sql("UPDATE lamp SET state = 'off'")

    assert state() == "off"


def test_without_the_trigger_everything_passes(lamp: None) -> None:
    put("broken")

    for _ in range(2):
        sql(LAMP.drop_trigger_sql("lamp"))
    sql("UPDATE lamp SET state = 'on'")

    assert state() == "on"


def test_the_diagram_shows_every_move_by_its_event() -> None:
    assert LAMP.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> off\n"
        "    off --> on: press\n"
        "    on --> off: release\n"
        "    on --> on: again\n"
        "    off --> on: again\n"
        "    on --> broken: burst\n"
        "    off --> broken: burst"
    )


def test_the_check_knows_the_states() -> None:
    check = LAMP.check("lamp_state")

    assert check.name == "lamp_state"
    assert dict(check.condition.children) == {"state__in": ("off", "on", "broken")}  # type: ignore[union-attr,arg-type]


def jobs(store: Store, *statuses: str) -> list[int]:
    """Imports in these states; their primary keys."""
    return [ContactImport.objects.create(store=store, status=status, actor="system").pk for status in statuses]


def told(column: str = "error") -> list[tuple[str, str]]:
    """Status and another column of every import, oldest first."""
    return list(ContactImport.objects.order_by("pk").values_list("status", column))


def test_a_move_takes_only_rows_that_may_go_and_says_how_many(store: Store) -> None:
    jobs(store, "pending", "running", "done", "failed")

    moved = IMPORT.move(ContactImport.objects.all(), "fail", error="rain")

    assert moved == 2
    assert told() == [("failed", "rain"), ("failed", "rain"), ("done", ""), ("failed", "")]


def test_a_move_stays_within_the_rows_it_was_given(store: Store) -> None:
    mine, _ = jobs(store, "running", "running")

    assert IMPORT.move(ContactImport.objects.filter(pk=mine), "fail", error="rain") == 1

    assert told() == [("failed", "rain"), ("running", "")]


def test_a_move_is_one_statement(store: Store, django_assert_num_queries: Any) -> None:
    jobs(store, "running", "done")

    with django_assert_num_queries(1):
        IMPORT.move(ContactImport.objects.all(), "finish", finished_at=None)


def test_an_unknown_event_is_an_error_and_moves_nothing(store: Store) -> None:
    jobs(store, "running")

    with pytest.raises(KeyError):
        IMPORT.move(ContactImport.objects.all(), "explode", error="rain")

    assert told() == [("running", "")]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_many_movers_one_moves() -> None:
    [job] = jobs(StoreFactory.create(), "running")

    moved = at_once(10, lambda n: IMPORT.move(ContactImport.objects.filter(pk=job), "fail", error=f"by {n}"))

    assert sorted(map(str, moved)) == ["0"] * 9 + ["1"]
    assert told() == [("failed", f"by {moved.index(1)}")]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_different_moves_at_once_one_wins() -> None:
    rows = jobs(StoreFactory.create(), *["running"] * 10)
    events = ("finish", "fail")

    def try_all(n: int) -> set[int]:
        return {pk for pk in rows if IMPORT.move(ContactImport.objects.filter(pk=pk), events[n], error=events[n])}

    finished, failed = at_once(2, try_all)

    assert isinstance(finished, set)
    assert isinstance(failed, set)
    assert (len(finished) + len(failed), finished | failed) == (10, set(rows))
    assert told() == [("done", "finish") if pk in finished else ("failed", "fail") for pk in rows]
