"""Ways to store what grows: our tables in parts (a month of the log each, campaigns by hash) beside one table."""

from messaging.benchmark.figures import Figure
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.stage import Stage


def run(stage: Stage, people: int) -> list[Figure]:
    """In a schema of its own with so many rows each. Baseline: one table, as the product has it."""
    with Crew("storage", rows=people) as crew:
        _, [took] = crew.go()
    stage.link.execute("DROP SCHEMA storage CASCADE")
    return [
        Figure("log by months: append", "s", took["append log_parts"], took["append log"], "less"),
        Figure("log by months: find provider ids", "s", took["find log_parts"], took["find log"], "less"),
        Figure("log by months: a month goes", "s", took["drop"], took["delete and vacuum"], "less"),
        Figure("rows deleted of one table", "rows/s", people / 24 / took["delete"]),
        Figure(
            "people by hash: outcome by key", "µs", 1e6 * took["move people_parts"], 1e6 * took["move people"], "less"
        ),
        Figure(
            "people by hash: by key and campaign",
            "µs",
            1e6 * took["move people_parts with its key"],
            1e6 * took["move people"],
            "less",
        ),
    ]
