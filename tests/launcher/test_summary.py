"""The last thing bin/test says, and its exit code."""

import pytest

from launcher import summary
from launcher.summary import Outcome, Result

PASSED = Result("lint", Outcome.PASSED, 1.25)
FAILED = Result("migrations", Outcome.FAILED, 12.0, "exit code 1")
SKIPPED = Result("browser", Outcome.SKIPPED, remark="no Chromium found")


def test_every_step_has_a_line_of_its_own() -> None:
    assert summary.table([PASSED, FAILED, SKIPPED]) == (
        "passed  lint           1.2 s\n"
        "FAILED  migrations    12.0 s  exit code 1\n"
        "SKIPPED browser        0.0 s  no Chromium found"
    )


@pytest.mark.parametrize(
    ("results", "code"),
    [([PASSED], 0), ([PASSED, SKIPPED], 0), ([PASSED, FAILED, PASSED], 1), ([], 1)],
)
def test_one_failure_is_enough_and_nothing_run_is_no_success(results: list[Result], code: int) -> None:
    assert summary.exit_code(results) == code
