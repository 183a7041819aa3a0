"""Imports over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.imports import run_import
from audiences.models import Contact, ContactImport, Store
from config.opaque import private_id
from tests.api.clients import V1, code, pointers
from tests.audiences.workbooks import table
from tests.factories import ContactListFactory, api_id

IMPORTS = f"{V1}/imports"
ROWS = "phone,first_name\n6901234567,Eleni\n12,Nikos\n6901234568,=cmd()\n6901234567,Twice\n"


@pytest.fixture(autouse=True)
def local_dir(settings: Settings, tmp_path: Path) -> Path:
    """A folder for uploads."""
    settings.LOCAL_DIR = tmp_path
    return tmp_path


def upload(client: APIClient, text: str | bytes = ROWS, *, key: str = "", **fields: Any) -> Any:
    """Post a file."""
    content = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("people.csv", content, content_type="text/csv")
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return client.post(IMPORTS, {"file": file, **fields}, format="multipart", **headers)


def run(answer: Any) -> None:
    """Do what the worker would."""
    number = private_id(answer.json()["id"], kind="imp")
    assert number is not None
    run_import(number)


def test_a_file_is_taken_and_its_contacts_arrive(api: APIClient, store: Store) -> None:
    vip = ContactListFactory.create(store=store)

    answer = upload(api, list=api_id(vip), consent="opted_in", consent_source="till")
    assert (answer.status_code, answer.json()["status"], answer.json()["list"]) == (202, "pending", api_id(vip))
    run(answer)

    shown = api.get(f"{IMPORTS}/{answer.json()['id']}").json()
    assert [shown[name] for name in ("status", "rows", "created", "duplicates", "refused")] == ["done", 4, 2, 1, 1]
    assert vip.memberships.count() == 2
    assert set(Contact.objects.values_list("consent", flat=True)) == {"opted_in"}


def test_refused_rows_are_streamed_as_csv(api: APIClient) -> None:
    answer = upload(api)
    run(answer)

    report: Any = api.get(f"{IMPORTS}/{answer.json()['id']}/errors.csv", HTTP_ACCEPT="text/csv")

    lines = b"".join(report.streaming_content).decode().splitlines()
    assert report["Content-Type"] == "text/csv; charset=utf-8"
    assert lines[0] == "row,column,code,message,value"
    assert [line.split(",")[:3] for line in lines[1:]] == [["2", "phone", "too_short"]]


def test_the_columns_can_be_stated(api: APIClient) -> None:
    answer = upload(api, "a;b\nEleni;6901234567\n", mapping=json.dumps({"a": "first_name", "b": "phone"}))

    assert (answer.json()["mapping"], answer.json()["delimiter"]) == ({"a": "first_name", "b": "phone"}, ";")
    assert api.get(f"{IMPORTS}/{answer.json()['id']}/preview").json()["rows"][0]["values"]["first_name"] == "Eleni"


def test_the_same_file_twice_with_a_key_is_one_import(api: APIClient) -> None:
    first, second = upload(api, key="k1"), upload(api, key="k1")

    assert second.json() == first.json()
    assert code(upload(api, ROWS + "6901234569,New\n", key="k1")) == (422, "IDEMPOTENCY_MISMATCH")
    assert ContactImport.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "fields", "error"),
    [
        ("", {}, ("#/file", "empty")),
        ("phone\n", {}, ("#/file", "header_only")),
        ("name\nEleni\n", {}, ("#/file", "no_phone_column")),
        (b"phone\n\xff\xfe\xfa\n", {}, ("#/file", "encoding")),
        (b"%PDF-1.7 ...", {}, ("#/file", "not_csv")),
        (ROWS, {"encoding": "klingon"}, ("#/encoding", "unknown_encoding")),
        (ROWS, {"delimiter": "x"}, ("#/delimiter", "bad_delimiter")),
        (ROWS, {"mapping": "[1]"}, ("#/mapping", "invalid")),
        (ROWS, {"mapping": "{"}, ("#/mapping", "invalid")),
        (ROWS, {"mapping": '{"tel": "phone"}'}, ("#/mapping", "no_column")),
        (ROWS, {"consent": "maybe"}, ("#/consent", "invalid_choice")),
        (ROWS, {"consent": "opted_in"}, ("#/consent_source", "required")),
        (ROWS, {"existing": "replace"}, ("#/existing", "invalid_choice")),
        (b"PK\x03\x04", {}, ("#/file", "bad_xlsx")),
        (ROWS, {"list": "lst_x"}, ("#/list", "unknown_id")),
        (ROWS, {"colour": "red"}, ("#/colour", "unknown_field")),
    ],
)
def test_a_bad_file_or_option_is_named_and_nothing_is_kept(
    api: APIClient, local_dir: Path, text: str | bytes, fields: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = upload(api, text, **fields)

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [error]
    assert not ContactImport.objects.exists()
    assert [path for path in local_dir.rglob("*") if path.is_file()] == []


def test_another_stores_list_is_no_target(api: APIClient, other_store: Store) -> None:
    answer = upload(api, list=api_id(ContactListFactory.create(store=other_store)))

    assert code(answer) == (400, "AUDIENCE_INVALID")
    assert not ContactImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_by_its_length(api: APIClient, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 1000

    assert code(upload(api, "phone\n" + "6901234567\n" * 200)) == (413, "TOO_LARGE")
    answer = api.post(IMPORTS, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(1024**3))
    assert code(answer) == (413, "TOO_LARGE")
    assert not ContactImport.objects.exists()


def test_a_file_is_needed_in_a_form(api: APIClient) -> None:
    assert pointers(api.post(IMPORTS, {"consent": "unknown"}, format="multipart")) == [("#/file", "required")]
    assert code(api.post(IMPORTS, {"file": "x"}, format="json")) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert code(api.post(IMPORTS, b"nonsense", content_type="multipart/form-data")) == (400, "VALIDATION_ERROR")


def test_a_workbook_is_taken_like_a_text(api: APIClient) -> None:
    answer = upload(api, table([["phone", "first_name"], [306901234567.0, "Eleni"]]))
    run(answer)

    shown = api.get(f"{IMPORTS}/{answer.json()['id']}").json()
    assert (shown["encoding"], shown["created"], shown["progress"]) == ("xlsx", 1, 100)


def test_what_the_importer_stated_is_shown(api: APIClient) -> None:
    stated = {"consent": "opted_in", "consent_source": "till", "consent_at": "2026-03-29T09:30:00Z", "existing": "fill"}

    shown = upload(api, **stated).json()

    assert {name: shown[name] for name in stated} == stated
    assert shown["progress"] == 0


def test_an_import_can_be_cancelled_until_it_ends(api: APIClient, reader: APIClient) -> None:
    waiting, done = (f"{IMPORTS}/{upload(api).json()['id']}/cancel" for _ in range(2))
    run_import(ContactImport.objects.latest("pk").pk)

    assert code(reader.post(waiting)) == (403, "FORBIDDEN")
    for _ in range(2):
        answer = api.post(waiting)
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert code(api.post(done)) == (409, "INVALID_STATUS")


def test_the_preview_of_a_dry_run_can_be_seen_after_it(api: APIClient) -> None:
    answer = upload(api, dry_run=True)
    run(answer)

    preview = api.get(f"{IMPORTS}/{answer.json()['id']}/preview").json()
    assert preview["mapping"] == {"phone": "phone", "first_name": "first_name"}
    assert preview["rows"][0]["values"] == {
        "phone": "+306901234567",
        "country": "GR",
        "first_name": "Eleni",
        "consent": "unknown",
    }


def test_a_reader_imports_nothing(reader: APIClient) -> None:
    assert code(upload(reader)) == (403, "FORBIDDEN")
