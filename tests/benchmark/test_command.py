"""The command's own words; what it measures is the flow test's."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from messaging.benchmark.place import environment
from messaging.proving import place


@pytest.fixture
def started_by_manage_py(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(place.FOLDER, str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--roads", "sending,flying"], "no such road: flying; there are: parts, segments, quote"),
        (["--recipients", "none"], "could not convert"),
        (["--postgres", "fsync"], "not name=value: fsync"),
        (["--compare", "missing.json"], "missing.json"),
    ],
)
@pytest.mark.usefixtures("started_by_manage_py")
def test_a_wrong_word_is_refused_before_anything_starts(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("benchmark", *arguments, stdout=io.StringIO())


def test_outside_manage_py_it_would_have_no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(place.FOLDER, raising=False)

    with pytest.raises(CommandError, match=r"through manage\.py"):
        call_command("benchmark")


def test_its_surroundings_are_those_of_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEBUG", raising=False)
    monkeypatch.setenv("SMS_BATCH_SIZE", "250")

    env = environment()

    Path(env[place.FOLDER], "logs").rmdir()
    assert env["DEBUG"] == "0"
    assert "SMS_BATCH_SIZE" not in env  # what the caller tries out stays as it is
    assert env["DATABASE_URL"].endswith("/trial")
