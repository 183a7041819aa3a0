"""The Procfile becomes commands without a shell."""

import pytest

from launcher import procfile
from launcher.place import ROOT
from launcher.procfile import ProcfileError


def test_lines_keep_their_order_and_comments_are_left_out() -> None:
    text = "# who does what\n\nweb: gunicorn app\nsend1:celery worker\n"

    assert list(procfile.parse(text).items()) == [("web", "gunicorn app"), ("send1", "celery worker")]


@pytest.mark.parametrize("line", ["web", "web:", "web gunicorn: app", ": gunicorn"])
def test_a_line_that_is_no_process_is_refused(line: str) -> None:
    with pytest.raises(ProcfileError, match="line 1"):
        procfile.parse(line)


def test_a_name_given_twice_is_refused() -> None:
    with pytest.raises(ProcfileError, match="line 2 names web a second time"):
        procfile.parse("web: one\nweb: two\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("serve --port $PORT", ["serve", "--port", "8000"]),
        ("serve --port ${PORT}", ["serve", "--port", "8000"]),
        ("serve --port ${PORT:-9000}", ["serve", "--port", "8000"]),
        ("serve --port ${OTHER:-9000}", ["serve", "--port", "9000"]),
        ("serve --port ${EMPTY:-9000}", ["serve", "--port", "9000"]),
        ("serve --bind 127.0.0.1:$PORT", ["serve", "--bind", "127.0.0.1:8000"]),
        ("serve --pidfile=", ["serve", "--pidfile="]),
        ("serve -n send1@%h", ["serve", "-n", "send1@%h"]),
        ('serve "${EMPTY:-}x"', ["serve", "x"]),
    ],
)
def test_variables_are_put_in(line: str, words: list[str]) -> None:
    assert procfile.command(line, env={"PORT": "8000", "EMPTY": ""}) == words


def test_a_value_with_spaces_and_signs_stays_one_word() -> None:
    env = {"LOCAL_DIR": "/home/a b/100%/$HOME"}

    assert procfile.command("simulate --ledger $LOCAL_DIR/ledger", env=env) == [
        "simulate",
        "--ledger",
        "/home/a b/100%/$HOME/ledger",
    ]


def test_a_variable_without_value_or_default_is_named() -> None:
    with pytest.raises(ProcfileError, match=r"\$PORT is not set"):
        procfile.command("serve $PORT", env={})


def test_our_procfile_can_be_read_without_any_variable_set() -> None:
    lines = procfile.parse((ROOT / "Procfile").read_text())

    commands = {name: procfile.command(line, env={}) for name, line in lines.items()}

    assert set(commands) == {"simulator", "web", "stream", "send1", "send2", "work", "hooks", "beat"}
    assert commands["stream"][5] == "8001"
