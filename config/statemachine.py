"""State machines as one table each: the conditional move, the database's own guards, and the diagram come from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q


class Move(NamedTuple):
    """An event's effect: from any of `sources` to `target`."""

    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Machine:
    """A table of moves over the values of one column."""

    name: str
    column: str
    states: tuple[str, ...]
    moves: Mapping[str, Move]

    def move(self, rows: "models.QuerySet[Any]", event: str, **columns: Any) -> int:
        """Move those of `rows` that the event may move, set `columns` beside, and return how many moved.

        One conditional UPDATE: under a race exactly one caller gets the row. Raises KeyError for an unknown event.
        """
        step = self.moves[event]
        return rows.filter(**{f"{self.column}__in": step.sources}).update(**{self.column: step.target}, **columns)

    def pairs(self) -> set[tuple[str, str]]:
        """Every legal (from, to) with from != to."""
        return {
            (source, move.target) for move in self.moves.values() for source in move.sources if source != move.target
        }

    def check(self, name: str) -> models.CheckConstraint:
        """The CHECK that keeps unknown values out of the column."""
        return models.CheckConstraint(condition=Q(**{f"{self.column}__in": self.states}), name=name)

    def trigger_sql(self, table: str) -> str:
        """DDL of the trigger that refuses a pair that is not in the table, whoever writes it."""
        legal = ", ".join(f"('{a}', '{b}')" for a, b in sorted(self.pairs()))
        return f"""
            CREATE OR REPLACE FUNCTION {table}_moves() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'illegal move of {self.name}: % -> %', OLD.{self.column}, NEW.{self.column}
                    USING ERRCODE = 'check_violation';
            END $$;
            DROP TRIGGER IF EXISTS {table}_moves ON {table};
            CREATE TRIGGER {table}_moves BEFORE UPDATE OF {self.column} ON {table} FOR EACH ROW
                WHEN (OLD.{self.column} IS DISTINCT FROM NEW.{self.column}
                      AND (OLD.{self.column}::text, NEW.{self.column}::text) NOT IN ({legal}))
                EXECUTE FUNCTION {table}_moves();
        """

    def drop_trigger_sql(self, table: str) -> str:
        """DDL that takes the trigger away again."""
        return f"DROP TRIGGER IF EXISTS {table}_moves ON {table}; DROP FUNCTION IF EXISTS {table}_moves();"

    def mermaid(self) -> str:
        """A Mermaid state diagram of the table."""
        lines = [f"    [*] --> {self.states[0]}"]
        for event, step in self.moves.items():
            lines += [f"    {source} --> {step.target}: {event}" for source in step.sources]
        return "\n".join(["stateDiagram-v2", *lines])
