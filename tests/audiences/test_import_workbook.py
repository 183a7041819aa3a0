"""Workbooks are read as what one sees in them, within limits that no workbook can break."""

import io
import zipfile
from datetime import date as day
from pathlib import Path
from typing import Any

import pytest

from audiences.imports.receive import folder, receive
from audiences.models import Contact, ContactImport, Store
from config.problems import InvalidFields
from tests.audiences.importing import counts, imported, problems, take
from tests.audiences.workbooks import Raw, book, date, sheet_xml, table
from tests.factories import StoreFactory

pytestmark = pytest.mark.usefixtures("local_dir")
A, B = "+306941111111", "+306942222222"


def test_a_workbook_becomes_contacts(db: None) -> None:
    store = StoreFactory.create(custom_fields={"points": "number", "since": "date", "vip": "yes_no"})
    job = imported(
        store,
        table(
            [
                ["Κινητό", "Όνομα", "Γενέθλια", "Points", "Since", "VIP"],
                [6941111111, "Ελένη", date(32932), 12.5, date(43861), True],
                ["694 222 2222", 'O"Hara, J.', "31/12/1991", -3, None, False],
            ]
        ),
    )

    first, second = Contact.objects.order_by("phone")
    assert (job.encoding, job.delimiter, counts(job)) == ("xlsx", ",", {"rows": 2, "created": 2})
    assert (first.phone, first.first_name, first.birthday) == (A, "Ελένη", day(1990, 2, 28))
    assert first.fields == {"points": 12.5, "since": "2020-01-31", "vip": True}
    assert (second.first_name, second.fields) == ('O"Hara, J.', {"points": -3, "vip": False})


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        (6941111111, A),
        (6941111111.0, A),
        (306941111111, A),
        (Raw('<c r="@"><v>3.06941111111E+11</v></c>'), A),
        ("+30 694 111 1111", A),
        ("'6941111111", "+306941111111"),
        ("'+306941111111", A),
        (Raw('<c r="@" t="str"><f>1+1</f><v>6941111111</v></c>'), A),
    ],
)
def test_a_phone_is_known_however_the_cell_holds_it(store: Store, cell: Any, phone: str) -> None:
    imported(store, table([["phone"], [cell]]))

    assert Contact.objects.get().phone == phone


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Raw('<c r="@"><v>3.069411E+17</v></c>'), "not_a_number"),
        (694.5, "too_short"),
        (Raw('<c r="@" t="e"><v>#REF!</v></c>'), "empty"),
        (True, "not_a_number"),
        (date(32932), "too_short"),
    ],
)
def test_what_is_no_phone_is_refused(store: Store, cell: Any, code: str) -> None:
    job = imported(store, table([["phone", "name"], [cell, "x"]]))

    assert problems(job) == [(1, "phone", code)]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("two\nlines", "two\nlines"),
        ("tab\there", "tab\there"),
        ("=1+1", "=1+1"),
        (43, "43"),
        (0.1, "0.1"),
        (True, "true"),
        (date(43861), "2020-01-31"),
        (date(43861.5), "2020-01-31 12:00:00"),
        (Raw('<c r="@" t="e"><v>#N/A</v></c>'), None),
        (
            Raw('<c r="@" t="inlineStr"><is><r><t xml:space="preserve">rich </t></r><r><t>text</t></r></is></c>'),
            "rich text",
        ),
        (Raw('<c r="@" s="1"/>'), None),
    ],
)
def test_a_cell_is_what_one_sees(db: None, cell: Any, kept: str | None) -> None:
    store = StoreFactory.create(custom_fields={"note": "text"})

    imported(store, table([["phone", "note"], [A, cell]]))

    assert Contact.objects.get().fields == ({"note": kept} if kept else {})


def test_rows_count_from_the_heading_and_empty_ones_among_them(store: Store) -> None:
    job = imported(store, table([[], [], ["phone"], [], ["12"], [A], [], ["13"]]))

    assert problems(job) == [(2, "phone", "too_short"), (5, "phone", "too_short")]
    assert counts(job) == {"rows": 3, "created": 1, "refused": 2}


def test_of_merged_cells_the_first_has_the_value(store: Store) -> None:
    job = imported(store, table([["phone", "last name"], [A, "Byron"], [B, None], ["12", None]], merged=["B2:B4"]))

    assert list(Contact.objects.order_by("phone").values_list("last_name", flat=True)) == ["Byron", ""]
    assert problems(job) == [(3, "phone", "too_short")]


def test_the_first_sheet_that_can_be_seen_counts(store: Store) -> None:
    notes, people = sheet_xml([["Do not import"]]), sheet_xml([["phone"], [A]])

    assert counts(imported(store, book(notes, people, notes, hidden=[0]))) == {"rows": 1, "created": 1}


def test_a_sheet_of_a_hundred_columns_is_read(db: None) -> None:
    names = [f"c{n}" for n in range(25)]
    store = StoreFactory.create(custom_fields=dict.fromkeys(names, "text"))

    imported(store, table([["phone", *names], [A, *names]]))

    assert Contact.objects.get().fields == {name: name for name in names}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (table([]), "empty"),
        (table([["phone"]]), "header_only"),
        (table([["name"], ["Ada"]]), "no_phone_column"),
        (b"PK\x03\x04 and then nothing", "bad_xlsx"),
        (table([["phone"], [A]])[:-200], "bad_xlsx"),
        (book(sheet_xml([["phone"]]), hidden=[0]), "empty"),
        (book("<worksheet><sheetData><row>"), "bad_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not_csv"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(store: Store, local_dir: Path, content: bytes, code: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        take(store, content)

    assert refusal.value.facts["errors"][0]["code"] == code
    assert ContactImport.objects.count() == 0
    assert not [path for path in local_dir.rglob("*") if path.is_file()]


def test_any_other_archive_is_no_workbook(local_dir: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("people.csv", "phone\n6941111111\n")

    with pytest.raises(InvalidFields) as refusal:
        receive([made.getvalue()])

    assert refusal.value.facts["errors"][0]["code"] == "bad_xlsx"


def test_a_workbook_has_at_most_so_many_cells(settings: Any, local_dir: Path) -> None:
    settings.IMPORT_XLSX_CELLS = 30
    rows = [["phone", "name", "town"]] + [[A, "x", "y"]] * 9

    assert receive([table(rows)]).encoding == "xlsx"
    with pytest.raises(InvalidFields) as refusal:
        receive([table([*rows, [A, "x", "y"]])])

    assert refusal.value.facts["errors"][0]["code"] == "too_many_cells"
    assert "30 cells" in refusal.value.detail


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_xml([["phone"], [A]]).replace('r="A2"', 'r="XFD1048576"'),
        sheet_xml([["phone"], ["x" * 200_000_000]]),
    ],
    ids=["far apart", "inflated"],
)
def test_a_workbook_that_wants_too_much_memory_ends_its_own_process_only(local_dir: Path, sheet: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        receive([book(sheet)])

    assert refusal.value.facts["errors"][0]["code"] in {"too_many_cells", "bad_xlsx"}
    assert not [path for path in local_dir.rglob("*") if path.is_file()]


def test_a_workbook_never_writes_more_than_a_file_may_have(local_dir: Path, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 20_000

    with pytest.raises(InvalidFields) as refusal:
        receive([table([["phone"], *[["x" * 1000]] * 30])])

    assert refusal.value.facts["errors"][0]["code"] == "too_many_cells"


def test_the_same_people_come_out_of_either_format(db: None) -> None:
    rows = [["phone", "name"], *[[f"+30694{n:07d}", f'n"{n}, x'] for n in range(300)]]
    received = receive([table(rows)])
    text = (folder() / received.name).read_text()

    assert text.splitlines()[1] == '+306940000000,"n""0, x"'
    store, other = StoreFactory.create(), StoreFactory.create()
    imported(store, table(rows))
    imported(other, text)
    assert list(store.contacts.order_by("phone").values_list("phone", "first_name")) == list(
        other.contacts.order_by("phone").values_list("phone", "first_name")
    )
