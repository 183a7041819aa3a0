"""A process dies where it is told to, and only there; in production nobody can tell it to."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter

import pytest
from pytest_django import Settings

from config import failpoints
from config.failpoints import POINTS, reach
from tests.simulator import ROOT

APPS = ("audiences", "billing", "campaigns", "messaging")
PROGRAM = """
from config.failpoints import reach
for number in range(1, 5):
    print(number, flush=True)
    reach("mark.committed")
    reach("call.answered")
print("the end", flush=True)
"""


def program(failpoint: str, *, debug: str = "1") -> subprocess.Popen[str]:
    """A process that passes two points four times."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "for-a-test-0123456789",
        "DEBUG": debug,
        "FAILPOINT": failpoint,
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("failpoint", "lines"),
    [("call.answered", ["1"]), ("call.answered@3", ["1", "2", "3"]), ("mark.committed@1", ["1"])],
)
def test_it_dies_at_the_point_without_a_word_to_anybody_but_the_log(failpoint: str, lines: list[str]) -> None:
    out, err = (dying := program(failpoint)).communicate(timeout=30)

    assert dying.returncode == -signal.SIGKILL
    assert out.split("\n")[:-1] == lines
    assert err == f"failpoint {failpoint}\n"


@pytest.mark.parametrize(
    ("failpoint", "debug"), [("call.answered@5", "1"), ("drain.committed", "1"), ("", "1"), ("call.answered", "0")]
)
def test_it_lives_when_the_point_is_not_reached_or_debug_is_off(failpoint: str, debug: str) -> None:
    out, err = (living := program(failpoint, debug=debug)).communicate(timeout=30)

    assert (living.returncode, err) == (0, "")
    assert out.split("\n")[-2] == "the end"


def test_it_can_be_suspended_instead_and_goes_on() -> None:
    suspended = program("call.answered@2:stop")

    _, status = os.waitpid(suspended.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(suspended.pid, signal.SIGCONT)
    out, _ = suspended.communicate(timeout=30)

    assert suspended.returncode == 0
    assert out.split("\n")[:-1] == ["1", "2", "3", "4", "the end"]


def test_a_point_that_nobody_knows_is_an_error_once_one_is_set(settings: Settings) -> None:
    settings.FAILPOINT = "call.answered@99"

    with pytest.raises(KeyError):
        reach("call.anwsered")


def test_without_a_failpoint_nothing_is_looked_up(settings: Settings) -> None:
    settings.FAILPOINT = ""

    reach("call.anwsered")

    assert "call.anwsered" not in failpoints._passed


def test_every_point_stands_in_the_code_and_no_other() -> None:
    sources = [path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")]
    stand = Counter(point for source in sources for point in re.findall(r'\breach\("([a-z_.]+)"\)', source))

    assert set(stand) == set(POINTS)
    assert len(POINTS) == len(set(POINTS))
