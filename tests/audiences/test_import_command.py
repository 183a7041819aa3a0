"""`manage.py import_contacts` imports a file from the shell."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audiences.models import Contact, ContactImport, Store

pytestmark = pytest.mark.usefixtures("local_dir")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("phone;Town\n6941111111;Volos\n12;\n", encoding="utf-8")
    return path


def call(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("import_contacts", *args, stdout=out, **options)
    return out.getvalue()


def test_a_file_is_imported_and_the_counts_are_told_as_json(store: Store, people: Path) -> None:
    given = {"store": store.slug, "list": "All", "consent": "opted_in", "consent_source": "till"}
    told = json.loads(call(str(people), **given, map=["Town=fields.town"], json=True))

    contact = Contact.objects.get()
    assert (told["status"], told["rows"], told["created"], told["refused"]) == ("done", 2, 1, 1)
    assert (contact.consent, contact.fields) == ("opted_in", {"town": "Volos"})
    assert contact.memberships.get().list.name == "All"
    assert ContactImport.objects.get().actor == "command:import_contacts"


def test_people_are_told_a_sentence(store: Store, people: Path) -> None:
    assert "2 rows, 1 created, 0 updated, 0 unchanged, 0 duplicates, 1 refused" in call(str(people), store=store.slug)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"store": "nobody"}, "no store 'nobody'"),
        ({"consent": "opted_in"}, "how these people agreed"),
        ({"encoding": "klingon"}, "windows-1253"),
        ({"map": ["Village=fields.x"]}, "no column 'Village'"),
    ],
)
def test_a_refusal_is_an_error_of_the_command(store: Store, people: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call(str(people), **{"store": store.slug, **given})

    assert Contact.objects.count() == 0


def test_a_missing_file_is_an_error_of_the_command(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call(str(tmp_path / "nothing.csv"), store=store.slug)
