"""A moving line on a terminal, a line per tenth in a log; never on stdout."""

import io
from types import SimpleNamespace

import pytest

from config.progressbar import Bar


class Terminal(io.StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stderr is a terminal."""
    shown = Terminal()
    # Not sys.stderr itself: pytest sets that anew between a fixture and its test.
    monkeypatch.setattr("config.progressbar.sys", SimpleNamespace(stderr=shown))
    return shown


def test_a_log_gets_a_line_per_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("Sending", total=1000) as bar:
        for done in range(1, 1001):
            bar.show(done)

    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert len(lines) == 11
    assert lines[0] == "Sending [······························] 0 of 1,000"
    assert lines[5] == "Sending [███████████████···············] 500 of 1,000"
    assert lines[10] == "Sending [██████████████████████████████] 1,000 of 1,000"
    assert "\r" not in err


def test_a_log_shows_the_note_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("Sending", total=10) as bar:
        bar.show(5, note="300/s")

    assert capsys.readouterr().err.splitlines()[-1].endswith("] 5 of 10 300/s")


def test_a_terminal_gets_one_line_that_moves(terminal: Terminal) -> None:
    with Bar("Sending", total=4) as bar:
        for done in range(1, 5):
            bar.show(done, note=f"{done}/s")

    drawn = terminal.getvalue().split("\r")[1:]
    assert len(drawn) == 5
    assert drawn[2].startswith("Sending [███████████████···············] 2 of 4 2/s ")
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("\n")


def test_a_terminal_is_drawn_over_to_the_end_of_the_longest_line(terminal: Terminal) -> None:
    with Bar("Sending", total=4) as bar:
        bar.show(1, note="a long word about what is going on " * 10)
        bar.show(2)

    assert {len(line.rstrip("\n")) for line in terminal.getvalue().split("\r")[1:]} == {118}


def test_nothing_to_do_is_no_division_by_zero(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("Sending", total=0) as bar:
        bar.show(0)

    assert capsys.readouterr().err == "Sending [······························] 0 of 0\n"


def test_more_than_everything_is_a_full_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("Sending", total=10) as bar:
        bar.show(25)

    assert capsys.readouterr().err.splitlines()[-1] == "Sending [██████████████████████████████] 25 of 10"


def test_the_total_may_be_corrected_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("Sending", total=10) as bar:
        bar.show(10)
        bar.total = 20
        bar.show(10)

    assert capsys.readouterr().err.splitlines()[-1] == "Sending [███████████████···············] 10 of 20"


def test_an_error_leaves_the_line_finished(terminal: Terminal) -> None:
    with pytest.raises(LookupError), Bar("Sending", total=10):
        raise LookupError

    assert terminal.getvalue().endswith("\n")
