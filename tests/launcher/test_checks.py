"""What bin/test makes of a step's end."""

import os
import sys

import pytest

from launcher import checks
from launcher.steps import Step
from launcher.summary import Outcome
from launcher.supervise import Supervisor


def outcome(step: Step, *, supervisor: Supervisor) -> tuple[Outcome, str]:
    result = checks.run(step, env=os.environ, supervisor=supervisor)
    return result.outcome, result.remark


@pytest.mark.parametrize(
    ("code", "expected"),
    [("exit(0)", (Outcome.PASSED, "")), ("exit(2)", (Outcome.FAILED, "exit code 2"))],
)
def test_a_command_passes_by_its_exit_code(code: str, expected: tuple[Outcome, str], supervisor: Supervisor) -> None:
    assert outcome(Step("lint", [sys.executable, "-c", code]), supervisor=supervisor) == expected


def test_a_command_gets_the_environment_of_its_step(supervisor: Supervisor) -> None:
    check = "import os; exit(os.environ['DEBUG'] != '0')"

    step = Step("deploy", [sys.executable, "-c", check], env={"DEBUG": "0"})

    assert outcome(step, supervisor=supervisor) == (Outcome.PASSED, "")


def test_a_function_passes_when_it_finds_nothing(supervisor: Supervisor) -> None:
    assert outcome(Step("locks", function=list), supervisor=supervisor) == (Outcome.PASSED, "")


def test_what_a_function_finds_is_shown_up_to_a_length(
    supervisor: Supervisor, capfd: pytest.CaptureFixture[str]
) -> None:
    step = Step("locks", function=lambda: [f"problem {number}" for number in range(100)])

    assert outcome(step, supervisor=supervisor) == (Outcome.FAILED, "100 lines of complaint")
    assert capfd.readouterr().out.splitlines()[-1] == "problem 59"


@pytest.mark.parametrize(("must_run", "expected"), [(False, Outcome.SKIPPED), (True, Outcome.FAILED)])
def test_what_cannot_run_is_skipped_or_a_failure(must_run: bool, expected: Outcome, supervisor: Supervisor) -> None:
    step = Step("browser", skipped="no Chromium found", must_run=must_run)

    assert outcome(step, supervisor=supervisor) == (expected, "no Chromium found")


def test_arguments_are_pytest_s_except_one() -> None:
    assert checks.parse([]) == (False, [])
    assert checks.parse(["tests/billing", "-k", "race", "--require-browser"]) == (True, ["tests/billing", "-k", "race"])
