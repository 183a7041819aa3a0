"""bin/demo as a person runs it: started, interrupted, killed, started again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.launcher.processes import eventually, is_running, written_pid
from tests.launcher.project import Project, last_line

pytestmark = pytest.mark.flow


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with closing(Project(tmp_path / "A path, 100% Odd")) as made:
        yield made


def finish(started: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = started.communicate(timeout=60)
    return started.returncode, out, err


def test_once_with_json_ends_with_one_object_and_nothing_else_on_standard_output(project: Project) -> None:
    code, out, err = finish(project.start("--once", "--json", "--recipients", "5"))

    assert code == 0, err
    assert out.splitlines()[0] == "sending"
    assert len(out.splitlines()) == 2
    assert last_line(out)["arguments"] == ["--recipients=5", "--once", "--json"]
    assert "running: simulator, web, stream" in err


def test_the_main_job_s_failure_is_the_demo_s(project: Project) -> None:
    code, _, _ = finish(project.start("--once", DEMO_CODE="3"))

    assert code == 3


def test_it_stays_up_until_it_is_interrupted(project: Project) -> None:
    started = project.start()
    job = project.wait_until_sending()
    assert eventually(lambda: not is_running(written_pid(project.local / "demo.pid")))
    assert started.poll() is None

    started.send_signal(signal.SIGINT)

    assert finish(started)[0] == 130
    assert not any(map(is_running, job))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_in_the_middle_of_sending_no_process_is_left(project: Project, number: signal.Signals, code: int) -> None:
    started = project.start("--once", DEMO_SECONDS="60")
    running = project.wait_until_sending()
    assert all(map(is_running, running))

    started.send_signal(number)

    assert started.wait(20) == code
    assert eventually(lambda: not any(map(is_running, running)))
    assert eventually(lambda: "database system is shut down" in (project.local / "logs" / "postgres.log").read_text())
    finish(started)


def test_a_start_right_after_a_kill_goes_on_with_the_same_data(project: Project) -> None:
    started = project.start("--once", DEMO_SECONDS="60")
    project.wait_until_sending()
    secrets = (project.local / "secrets.env").read_text()
    started.kill()
    finish(started)

    code, _, err = finish(project.start("--once"))

    assert code == 0, err
    assert "making a new database cluster" not in err
    assert (project.local / "secrets.env").read_text() == secrets


def test_a_second_start_beside_the_first_of_another_checkout_has_its_own_ports(
    project: Project, tmp_path: Path
) -> None:
    with closing(Project(tmp_path / "other")) as other:
        both = [each.start("--once", DEMO_SECONDS="1") for each in (project, other)]
        first, second = map(finish, both)

    assert (first[0], second[0]) == (0, 0), first[2] + second[2]
    assert not set(last_line(first[1])["ports"]) & set(last_line(second[1])["ports"])


def test_a_process_of_the_procfile_that_dies_is_started_again_and_told(project: Project) -> None:
    started = project.start()
    project.wait_until_sending()
    web = project.local / "web.pid"
    first = written_pid(web)

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: written_pid(web) != first)
    started.send_signal(signal.SIGTERM)
    assert "web ended with 137; starting it again in 0.5 s" in finish(started)[2]


def test_the_death_of_the_database_ends_everything(project: Project) -> None:
    started = project.start()
    running = project.wait_until_sending()

    os.kill(running[-1], signal.SIGINT)
    code, _, err = finish(started)

    assert code == 1
    assert "postgres ended with 0" in err
    assert not any(map(is_running, running))
