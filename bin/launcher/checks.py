"""bin/test: throw-away servers, then every check or the tests that were asked for."""

import argparse
import signal
import time
from collections.abc import Mapping, Sequence
from typing import IO

from launcher import install, servers, steps, summary, template
from launcher.console import say
from launcher.place import Place
from launcher.postgres import DATABASE
from launcher.signals import Interruptions, step_behind_front
from launcher.steps import Step
from launcher.summary import Outcome, Result
from launcher.supervise import Spec, Supervisor

DEFAULTS = {"SECRET_KEY": "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789", "LOG_LEVEL": "ERROR"}
MOST_LINES = 60


def parse(argv: list[str]) -> tuple[bool, list[str]]:
    """Return whether browser tests must run, and the arguments for pytest."""
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [--require-browser] [arguments for pytest]",
        description="Without arguments: everything CI checks. With arguments: pytest with these, on the same servers.",
    )
    parser.add_argument("--require-browser", action="store_true", help="fail when no Chromium is found")
    known, rest = parser.parse_known_args(argv)
    return known.require_browser, rest


def main(argv: list[str]) -> int:
    browser_required, arguments = parse(argv)
    step_behind_front()
    interruptions = Interruptions()
    interruptions.install()
    install.ensure()
    place, lock = servers.test_place()
    with lock, Supervisor(interruptions) as supervisor:
        env = environment(place=place, supervisor=supervisor, lock=lock)
        if arguments:
            return run_command(steps.module("pytest", *arguments), env=env, supervisor=supervisor)
        wanted = steps.all_steps(state=place.state, browser_required=browser_required)
        results = [run(step, env=env, supervisor=supervisor) for step in wanted]
        print("\n" + summary.table(results), flush=True)
        return summary.exit_code(results)


def environment(*, place: Place, supervisor: Supervisor, lock: IO[str]) -> dict[str, str]:
    """Start the servers and return what tests find in their environment."""
    started, server = servers.start(place=place, supervisor=supervisor, lock=lock)
    env = {**DEFAULTS, **started}
    if server:
        server.create_database(DATABASE)
        env["TEST_TEMPLATE"] = template.ensure(server, env=env)
    return env


def run(step: Step, *, env: Mapping[str, str], supervisor: Supervisor) -> Result:
    if step.skipped:
        outcome = Outcome.FAILED if step.must_run else Outcome.SKIPPED
        say(f"{step.name}: {outcome}, {step.skipped}")
        return Result(step.name, outcome, remark=step.skipped)
    say(f"{step.name} …")
    started = time.monotonic()
    if step.function:
        problems = step.function()
        print("\n".join(problems[:MOST_LINES]), end="\n" if problems else "", flush=True)
        remark = f"{len(problems)} lines of complaint" if problems else ""
    else:
        code = run_command(step.command, env={**env, **step.env}, supervisor=supervisor)
        remark = f"exit code {code}" if code else ""
    outcome = Outcome.FAILED if remark else Outcome.PASSED
    return Result(step.name, outcome, time.monotonic() - started, remark)


def run_command(command: Sequence[str], *, env: Mapping[str, str], supervisor: Supervisor) -> int:
    return supervisor.run(Spec(command[0], command, env, tier=1, stop_signal=signal.SIGINT))  # pytest then sums up
