"""Files as the world makes them: quotes, line ends, encodings, headings, and what a spreadsheet did to them."""

import codecs
import csv
import io
from datetime import date
from typing import Any

import pytest

from audiences.imports import errors_csv, preview
from audiences.models import ConsentEvent, Contact, ContactImport, ContactList, ListMembership, Store
from audiences.services.lists import create_list
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields
from config.spreadsheet import harmless
from tests.audiences.importing import counts, imported, problems, take
from tests.factories import ContactFactory, StoreFactory

pytestmark = pytest.mark.usefixtures("local_dir")
A, B, C = "+306941111111", "+306942222222", "+306943333333"


def names(store: Store) -> dict[str | None, str]:
    return dict(Contact.objects.filter(store=store, erased_at=None).values_list("phone", "first_name"))


@pytest.fixture
def noted(db: None) -> Store:
    """A store with one custom field of each type."""
    kinds = {"note": "text", "points": "number", "since": "date", "vip": "yes_no"}
    return StoreFactory.create(custom_fields=kinds)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ('"a, b"', "a, b"),
        ('"say ""yes"""', 'say "yes"'),
        ('"two\nlines"', "two\nlines"),
        ('"two\r\nlines"', "two\nlines"),
        ('"\r\n\r\nfar below"', "far below"),
        ('"  "', None),
        ('""', None),
        ('5" screen', '5" screen'),
        ("'quoted'", "'quoted'"),
        ('"tab\there"', "tab\there"),
        ("🌸 Ελένη ﷽", "🌸 Ελένη ﷽"),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_cell_is_kept_as_it_was_meant(noted: Store, cell: str, kept: str | None, ends: str) -> None:
    job = imported(noted, ends.join(["phone,note,name", f"{A},{cell},a", f"{B},,b", ""]))

    assert counts(job) == {"rows": 2, "created": 2}
    assert Contact.objects.get(phone=A).fields == ({"note": kept} if kept else {})
    assert names(noted) == {A: "a", B: "b"}


def test_rows_are_counted_as_records_not_as_lines(noted: Store) -> None:
    job = imported(noted, f'phone,note\n{A},"1\n2\n3"\n\n12,bad\n{B},"4\n5"\n13,bad\n')

    assert problems(job) == [(3, "phone", "too_short"), (5, "phone", "too_short")]
    assert counts(job) == {"rows": 4, "created": 2, "refused": 2}


@pytest.mark.parametrize("tail", ["", "\n", "\n\n\n", "\r\n", "\n,\n , \n"])
def test_the_end_of_a_file_is_no_row(store: Store, tail: str) -> None:
    assert counts(imported(store, f"phone,name\n{A},a{tail}")) == {"rows": 1, "created": 1}


TEXT = f"Κινητό;Όνομα\n{A};Ελένη\n"


@pytest.mark.parametrize(
    ("content", "stated", "encoding"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), "", "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "", "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "", "utf-16"),
        (codecs.BOM_UTF8 + TEXT.encode(), "windows-1253", "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-8", "utf-16"),
        (TEXT.encode("iso-8859-7"), "iso-8859-7", "iso-8859-7"),
        (TEXT.encode("windows-1253"), "windows-1253", "windows-1253"),
    ],
)
def test_a_mark_says_more_than_what_was_stated(store: Store, content: bytes, stated: str, encoding: str) -> None:
    job = imported(store, content, encoding=stated)

    assert (job.encoding, names(store)) == (encoding, {A: "Ελένη"})


@pytest.mark.parametrize(
    ("content", "stated"),
    [
        (TEXT.encode("windows-1253"), ""),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")[:-1], ""),
        (codecs.BOM_UTF16_LE + b"\x00\xd8" + TEXT.encode("utf-16-le"), ""),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), ""),
        (TEXT.encode("utf-16-le"), ""),
        (b"\xed\xa0\x80" + TEXT.encode(), ""),
        (b"\xc0\xaf" + TEXT.encode(), ""),
        (TEXT.encode() + b"\xce", ""),
        (b"\x1f\x8b\x08" + TEXT.encode(), ""),
    ],
)
def test_what_is_not_text_is_refused_and_nothing_is_kept(
    store: Store, local_dir: Any, content: bytes, stated: str
) -> None:
    with pytest.raises(InvalidFields) as refusal:
        take(store, content, encoding=stated)

    assert refusal.value.facts["errors"][0]["pointer"] == "#/file"
    assert ContactImport.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))


@pytest.mark.parametrize(
    "heading",
    [
        "ΚΙΝΗΤΌ;ΌΝΟΜΑ",
        "κινητο;ονομα",
        "Κινητο Τηλέφωνο;Μικρό Όνομα",
        "ΑΡΙΘΜΟΣ ΚΙΝΗΤΟΥ;Όνομα",
        "Αριθμός  τηλεφώνου:;*Όνομα*",
        "Τηλ.;όνομα",
        " Phone number ;First_Name",
        "MSISDN;given-name",
        '"Mobile\n(number)";Name',
        "\u200bPhone\u200b;Name",
    ],
)
def test_a_heading_is_known_by_its_words(store: Store, heading: str) -> None:
    imported(store, f"{heading}\n{A};Ελένη\n")

    assert names(store) == {A: "Ελένη"}


def test_of_two_columns_with_one_heading_the_first_counts(store: Store) -> None:
    job = imported(store, f"phone,name,phone,name\n{A},first,{B},second\n")

    assert job.mapping == {"phone": "phone", "name": "first_name"}
    assert names(store) == {A: "first"}


def test_the_second_of_two_columns_can_be_meant(store: Store) -> None:
    mapping = {"phone": "", "phone (2)": "phone"}

    imported(store, f"phone,name,phone\n{A},a,{B}\n", mapping=mapping)

    assert names(store) == {B: "a"}


@pytest.mark.parametrize(
    "phone", ["6.94111E+09", "6,94111E+09", "694111111x", "tel:6941111111", "#REF!", "=6941111111"]
)
def test_what_a_spreadsheet_made_of_a_number_is_not_guessed_at(store: Store, phone: str) -> None:
    job = imported(store, f'phone;name\n"{phone}";a\n')

    assert problems(job) == [(1, "phone", "not_a_number")]
    assert not Contact.objects.exists()


@pytest.mark.parametrize("width", [1, 2, 4, 9])
def test_a_row_of_another_width_is_refused_alone(store: Store, width: int) -> None:
    row = ",".join([A, *["x"] * (width - 1)])

    job = imported(store, f"phone,name,email\n{B},b,\n{row}\n{C},c,\n")

    assert problems(job) == [(2, "", "columns")]
    assert names(store) == {B: "b", C: "c"}


def test_a_field_may_be_as_long_as_its_column_and_no_longer(noted: Store) -> None:
    lines = [f"{A},{'n' * 120},{'t' * 500}", f"{B},{'n' * 121},", f"{C},c,{'t' * 501}"]

    job = imported(noted, "phone,name,note\n" + "\n".join(lines))

    assert problems(job) == [(2, "name", "too_long_text"), (3, "note", "too_long_text")]
    assert names(noted) == {A: "n" * 120}


def test_a_huge_quoted_field_costs_no_other_person(noted: Store) -> None:
    huge = ("x" * 8000 + "\n") * 10

    job = imported(noted, f'phone,name\n{A},a\n{B},"{huge}"\n{C},c\n')

    assert names(noted) == {A: "a", C: "c"}
    assert problems(job)[0] == (2, "", "row_too_long")


@pytest.mark.parametrize(
    ("points", "since", "vip", "kept"),
    [
        ("7", "2020-02-29", "ναι", {"points": 7, "since": "2020-02-29", "vip": True}),
        ("-7,25", "29.2.2020", "N", {"points": -7.25, "since": "2020-02-29", "vip": False}),
        ("0.5", "1-1-2000", "0", {"points": 0.5, "since": "2000-01-01", "vip": False}),
        ("", "", "", {}),
    ],
)
def test_custom_fields_are_typed(noted: Store, points: str, since: str, vip: str, kept: dict[str, Any]) -> None:
    imported(noted, f"phone;points;since;vip\n{A};{points};{since};{vip}\n")

    assert Contact.objects.get().fields == kept


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("points", "1.234,5", "bad_number"),
        ("points", "1e9", "bad_number"),
        ("points", "NaN", "bad_number"),
        ("points", "٣", "bad_number"),
        ("points", "9" * 16, "bad_number"),
        ("since", "29/2/2021", "bad_date"),
        ("since", "12/31/2020", "bad_date"),
        ("since", "31.12.20", "bad_date"),
        ("vip", "2", "bad_yes_no"),
    ],
)
def test_a_custom_value_of_another_type_refuses_the_row(noted: Store, field: str, value: str, code: str) -> None:
    job = imported(noted, f"phone;{field}\n{A};{value}\n")

    assert problems(job) == [(1, field, code)]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    ("written", "birthday"),
    [("1990-02-28", date(1990, 2, 28)), ("28/2/1990", date(1990, 2, 28)), ("29.02.1992", date(1992, 2, 29))],
)
def test_a_birthday_is_iso_or_day_first(store: Store, written: str, birthday: date) -> None:
    imported(store, f"phone;birthday\n{A};{written}\n")

    assert Contact.objects.get().birthday == birthday


def test_a_dry_run_changes_nothing_but_its_own_report(noted: Store) -> None:
    ContactFactory.create(store=noted, phone=A, first_name="Old", consent="opted_in")
    named = create_list(store=noted, name="VIP", actor=SYSTEM)
    tables = (Contact, ConsentEvent, ListMembership, ContactList)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    content = f"phone,name,consent,town\n{A},New,no,x\n{B},b,yes,x\n{B},b,,x\n12,,,x\n"
    stated = {"consent": "opted_in", "consent_source": "till", "mapping": {"town": "fields.town"}}

    job = imported(noted, content, dry_run=True, list_id=named.pk, **stated)

    assert [list(table.objects.order_by("pk").values()) for table in tables] == before
    assert "town" not in Store.objects.get(pk=noted.pk).custom_fields
    assert counts(job) == {"rows": 4, "created": 1, "updated": 1, "duplicates": 1, "refused": 1}
    assert problems(job) == [(4, "phone", "too_short")]
    real = imported(noted, content, list_id=named.pk, **stated)
    assert counts(real) == counts(job)


def test_a_preview_changes_nothing_and_can_be_repeated(store: Store) -> None:
    job = take(store, f"phone,name\n{A},a\n")
    before = list(AuditEvent.objects.values())

    assert preview(job.pk) == preview(job.pk)

    assert not Contact.objects.exists()
    assert list(AuditEvent.objects.values()) == before


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_disarmed(start: str) -> None:
    assert harmless(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("cell", ["a=b", "", "6941111111", " x", 7, None])
def test_any_other_cell_is_left_alone(cell: Any) -> None:
    assert harmless(cell) == cell


def test_the_report_can_be_read_back_whatever_was_in_the_file(noted: Store) -> None:
    evil = ['=HYPERLINK("http://x")', "@SUM(A1)", "-1+cmd", 'quote " and, comma', "semi;colon"]
    lines = "".join('{};"{}"\n'.format(A, cell.replace('"', '""')) for cell in evil)

    job = imported(noted, f'phone;"=points"\n{lines}', mapping={"=points": "fields.points"})

    table = list(csv.reader(io.StringIO("".join(errors_csv(job.pk)))))
    assert table[0] == ["row", "column", "code", "message", "value"]
    assert [row[0] for row in table[1:]] == ["1", "2", "3", "4", "5"]
    assert {(row[1], row[2]) for row in table[1:]} == {("'=points", "bad_number")}
    assert [row[4] for row in table[1:]] == [f"'{evil[0]}", f"'{evil[1]}", f"'{evil[2]}", evil[3], evil[4]]


def test_another_imports_problems_are_not_in_the_report(store: Store) -> None:
    first, second = imported(store, "phone\n12\n"), imported(store, "phone\n13\n")

    assert "12" in "".join(errors_csv(first.pk))
    assert "13" not in "".join(errors_csv(first.pk))
    assert "13" in "".join(errors_csv(second.pk))
