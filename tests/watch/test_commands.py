"""Every command obeys the same rules: help, one JSON document, and exit codes with a code."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.commands import BadInput, asked
from config.problems import Conflict, NotFound, invalid
from tests.architecture.source import APPS, ROOT
from tests.factories import CampaignFactory, StoreFactory, UserFactory
from tests.steps import launched

pytestmark = pytest.mark.usefixtures("working")

# What an operator does with the house, as the issue names it.
NEEDED = {
    "demo",
    "send_campaign",
    "sweep",
    "reconcile",
    "requeue",
    "grant_credits",
    "doctor",
    "import_contacts",
    "crash_drill",
    "benchmark",
    "provider_simulator",
    "retention",
    "replay_receipts",
    "rotate_keys",
    "decide_unknown",
    "stores",
    "reset_second_factor",
    "database_limits",
}
# For developers; not an operator's.
OTHERS = {"compile_texts", "text_in"}


class Case(NamedTuple):
    """How a command is called well, how badly, and the code of the refusal. `asks`: rows that must be there before."""

    name: str
    good: Callable[[Path], list[str]]
    bad: list[str]
    code: str


def a_store() -> str:
    return StoreFactory.create().slug


def somebody() -> str:
    user = UserFactory.create()
    TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
    return user.email


def a_campaign() -> str:
    return str(CampaignFactory.create(people=3).pk)


def a_file(folder: Path) -> str:
    (folder / "people.csv").write_text("phone\n6912345678\n")
    return str(folder / "people.csv")


CASES = [
    Case("stores", lambda _: ["list"], ["show", "nowhere"], "STORE_NOT_FOUND"),
    Case("stores", lambda _: ["show", a_store()], ["suspend", "nowhere", "--reason", "x"], "STORE_NOT_FOUND"),
    Case(
        "stores",
        lambda _: ["create", "--name", "New", "--slug", "new", "--country", "GR", "--sender", "New"],
        ["create", "--name", "New", "--slug", "new", "--country", "XX", "--sender", "New"],
        "VALIDATION_ERROR",
    ),
    Case("send_campaign", lambda _: ["--campaign", a_campaign()], ["--campaign", "cmp_nonsense"], "NOT_FOUND"),
    Case("send_campaign", lambda _: ["--campaign", a_campaign(), "--yes"], ["--store", "nowhere"], "STORE_NOT_FOUND"),
    Case("grant_credits", lambda _: _grant(5), ["--store", "no", "--amount", "5", "--reason", "x"], "STORE_NOT_FOUND"),
    Case(
        "import_contacts", lambda at: [a_file(at), "--store", a_store()], ["x.csv", "--store", "no"], "STORE_NOT_FOUND"
    ),
    Case("sweep", lambda _: ["tidy"], [], "NAME_REQUIRED"),
    Case("requeue", lambda _: ["--list"], ["--batch", "7", "--reason", "x"], "NOT_FOUND"),
    Case(
        "decide_unknown",
        lambda _: ["--campaign", a_campaign(), "--unconfirmed", "--reason", "x"],
        ["--campaign", "0", "--unconfirmed", "--reason", "x"],
        "NOT_FOUND",
    ),
    Case(
        "reset_second_factor", lambda _: [somebody(), "--reason", "x"], ["no@x.org", "--reason", "x"], "USER_NOT_FOUND"
    ),
    Case("replay_receipts", lambda _: [], ["--account", "nowhere"], "ACCOUNT_NOT_FOUND"),
    Case("reconcile", lambda _: [], ["--campaign", "cmp_nonsense"], "NOT_FOUND"),
    Case("reconcile", lambda _: ["--yes"], ["--campaign", "99999999999999999999"], "NOT_FOUND"),
]
# Without an input that could make no sense.
SIMPLE = ["doctor", "retention", "rotate_keys"]
# Start servers or a whole house, or are not to be run twice at once: what they print is tested where they run.
HEAVY = {
    "demo": "tests/flows/test_promises.py",
    "crash_drill": "tests/drill",
    "benchmark": "tests/flows/test_benchmark.py",
    "provider_simulator": "tests/providers",
    "database_limits": "tests/config/test_limits.py: it changes a role that other tests have",
}


def _grant(amount: int) -> list[str]:
    return ["--store", a_store(), "--amount", str(amount), "--reason", "x"]


def ours() -> dict[str, str]:
    return {name: app for name, app in get_commands().items() if app in APPS}


def command(name: str) -> BaseCommand:
    return load_command_class(ours()[name], name)


def parser(name: str) -> ArgumentParser:
    return command(name).create_parser("manage.py", name)


def options_of(name: str) -> set[str]:
    """Options of a command and of its sub-commands."""
    found = re.findall(r"--[a-z-]+", parser(name).format_help())
    for action in parser(name)._actions:
        for sub in getattr(action, "choices", None) or {} if isinstance(getattr(action, "choices", None), dict) else {}:
            found += re.findall(r"--[a-z-]+", action.choices[sub].format_help())  # type: ignore[index]
    return set(found)


def test_every_command_of_the_list_exists_and_no_other() -> None:
    assert set(ours()) == NEEDED | OTHERS


def test_every_command_of_the_list_is_in_the_tables_here() -> None:
    assert {case.name for case in CASES} | set(SIMPLE) | set(HEAVY) == NEEDED


@pytest.mark.parametrize("name", sorted(NEEDED | OTHERS))
def test_help_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser(name).parse_args(["--help"])

    told = capsys.readouterr().out
    assert end.value.code == 0
    assert len(command(name).help.strip()) > 40
    assert command(name).help.split()[0] in told


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_json_is_offered(name: str) -> None:
    assert "--json" in options_of(name)


@pytest.mark.parametrize("name", sorted(NEEDED - set(HEAVY)))
def test_help_says_the_exit_codes(name: str) -> None:
    assert "Exit 0:" in command(name).help


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_json_is_one_document_and_nothing_else(case: Case, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = case.good(tmp_path)
    capsys.readouterr()

    call_command(case.name, *arguments, "--json")

    told = capsys.readouterr()
    assert isinstance(json.loads(told.out), dict)
    assert told.err == ""


@pytest.mark.parametrize("name", SIMPLE)
def test_json_of_a_command_without_arguments(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(name, "--json")

    told = capsys.readouterr()
    assert isinstance(json.loads(told.out), dict)
    assert told.err == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_people_are_told_in_words(case: Case, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = case.good(tmp_path)
    capsys.readouterr()

    call_command(case.name, *arguments)

    told = capsys.readouterr().out
    assert told.strip()
    assert not told.startswith("{")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.code}")
def test_what_makes_no_sense_ends_with_2_and_a_code(case: Case) -> None:
    with pytest.raises(CommandError) as refused:
        call_command(case.name, *case.bad)

    assert refused.value.returncode == 2
    assert str(refused.value).startswith(f"{case.code}: ")


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_an_option_that_does_not_exist_ends_with_2(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = parser(name)
    made.called_from_command_line = True  # type: ignore[attr-defined]

    with pytest.raises(SystemExit) as end:
        made.parse_args(["--no-such-option"])

    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "bad", "code"),
    [
        ("crash_drill", ["--only", "nonsense", "--seed", "1"], "NO_SUCH_FAULT"),
        ("benchmark", ["--roads", "nonsense"], "NO_SUCH_ROAD"),
        ("benchmark", ["--postgres", "nonsense"], "BAD_SETTING"),
        ("provider_simulator", ["--plan", "{nonsense"], "BAD_PLAN"),
    ],
)
def test_what_makes_no_sense_to_a_heavy_one_starts_nothing(
    name: str, bad: list[str], code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HELIOGRAPH_TRIAL", str(tmp_path))

    with pytest.raises(BadInput, match=code) as refused:
        call_command(name, *bad)

    assert refused.value.returncode == 2


# The road of an error -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "code", "status"),
    [
        (NotFound(), "NOT_FOUND", 2),
        (invalid("/name", "Too long.", code="max_length"), "VALIDATION_ERROR", 2),
        (Conflict("It is so already."), "CONFLICT", 1),
    ],
)
def test_a_refusal_of_a_service_keeps_its_code(problem: Any, code: str, status: int) -> None:
    error = asked(problem)

    assert error.returncode == status
    assert str(error).startswith(f"{code}: ")


def test_a_field_that_is_refused_is_named() -> None:
    assert "/name Too long." in str(asked(invalid("/name", "Too long.", code="max_length")))


def test_the_process_ends_with_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command("stores").run_from_argv(["manage.py", "stores", "show", "nowhere"])

    assert end.value.code == 2
    told = capsys.readouterr()
    assert told.err.splitlines()[-1] == "BadInput: STORE_NOT_FOUND: There is no store 'nowhere'."
    assert told.out == ""


def test_every_command_is_in_the_readme_and_the_runbooks() -> None:
    pages = (ROOT / "README.md").read_text(), (ROOT / "docs" / "operations.md").read_text()

    assert {name for name in NEEDED if f"`{name}" not in pages[1] and f"manage.py {name}" not in pages[1]} == set()
    assert "docs/operations.md" in pages[0]


def test_a_live_campaign_is_not_sent_twice_by_the_command() -> None:
    campaign = launched(people=3)

    with pytest.raises(CommandError) as refused:
        call_command("send_campaign", "--campaign", str(campaign.pk), "--yes")

    assert refused.value.returncode == 1
    assert "ALREADY_SENDING" in str(refused.value)
