"""Files are kept and read in constant memory, whatever is in them."""

import codecs
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audiences.imports.columns import headings, mapping
from audiences.imports.reading import records, sniff
from audiences.imports.receive import folder, receive
from config.problems import InvalidFields, TooLarge


@pytest.mark.parametrize(
    ("content", "encoding", "known_as"),
    [
        ("Ελένη\n".encode(), "", "utf-8"),
        (codecs.BOM_UTF8 + "Ελένη\n".encode(), "", "utf-8"),
        ("Ελένη\n".encode("utf-16"), "", "utf-16"),
        ("Ελένη\n".encode("windows-1253"), "windows-1253", "windows-1253"),
        ("Ελένη\r\n".encode(), "", "utf-8"),
        ("Ελένη\r".encode(), "", "utf-8"),
    ],
)
def test_every_encoding_is_kept_as_utf_8_with_plain_line_ends(
    local_dir: Path, content: bytes, encoding: str, known_as: str
) -> None:
    one_by_one = [content[at : at + 1] for at in range(len(content))]

    received = receive(one_by_one, encoding=encoding)

    assert (folder() / received.name).read_bytes() == "Ελένη\n".encode()
    assert (received.size, received.encoding) == (11, known_as)


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        (b"", "", "empty"),
        (b" \n \n", "", "empty"),
        ("Κινητό\n".encode("windows-1253"), "", "encoding"),
        (b"phone\n" + b"6941234567\n" * 5000 + b"\xce\n", "", "encoding"),
        (b"phone\n\xff\xfe", "windows-1253", "encoding"),
        (codecs.BOM_UTF16_LE + b"a", "", "encoding"),
        (b"PK\x03\x04....", "", "bad_xlsx"),
        (b"%PDF-1.7", "", "not_csv"),
        (b"phone", "klingon", "unknown_encoding"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(local_dir: Path, content: bytes, encoding: str, code: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        receive([content], encoding=encoding)

    assert refusal.value.facts["errors"][0]["code"] == code
    assert not list(local_dir.rglob("*.csv"))


def test_a_broken_byte_is_located_and_the_way_out_named(local_dir: Path) -> None:
    with pytest.raises(InvalidFields) as refusal:
        receive([b"phone\n6941234567\nab\xffcd\n"], encoding="")

    assert "line 3" in refusal.value.detail
    assert "windows-1253" in refusal.value.detail


def test_an_upload_that_is_too_large_is_refused_while_it_comes_in(local_dir: Path, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 3_000_000
    asked = 0

    def endless() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b"6941234567\n" * 10_000

    with pytest.raises(TooLarge) as refusal:
        receive(endless())

    assert (refusal.value.status, refusal.value.code) == (413, "TOO_LARGE")
    assert asked == 28
    assert not list(local_dir.rglob("*.csv"))


def test_a_large_file_is_kept_and_read_in_little_memory(local_dir: Path) -> None:
    piece = "6941234567;Ελένη;a;b\n".encode() * 4000
    tracemalloc.start()

    received = receive(piece for _ in range(60))
    read = sum(1 for _ in records(folder() / received.name, delimiter=";"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (received.size, read) == (len(piece) * 60, 240_000)
    assert peak < 2_000_000


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """Writes a file and gives its place."""

    def write(text: str) -> Path:
        (tmp_path / "table.csv").write_text(text, encoding="utf-8")
        return tmp_path / "table.csv"

    return write


def test_reading_goes_on_at_every_offset_it_gave(table: Any) -> None:
    path = table('phone;name\n1;"Ελένη; ""Λ""\nof two lines"\n\n2;🌸\n;\n3;end')
    whole = list(records(path, delimiter=";"))

    for read in whole:
        rest = list(records(path, delimiter=";", offset=read.end, row=read.row + 1))
        assert rest == whole[read.row + 1 :]

    assert [one.cells for one in whole] == [
        ["phone", "name"],
        ["1", 'Ελένη; "Λ"\nof two lines'],
        [],
        ["2", "🌸"],
        [],
        ["3", "end"],
    ]


def test_a_broken_record_costs_its_line_only(table: Any) -> None:
    long = "x" * 70_000
    path = table(f'phone,name\n1,"open\n2,b\n3,{long}\n4,"x"y\n5,e\n' + f"6,{long * 3}\n7,g")

    read = [(one.row, one.cells[0] if one.cells else one.fault) for one in records(path, delimiter=",")]

    assert read == [
        (0, "phone"),
        (1, "row_too_long"),
        (2, "2"),
        (3, "row_too_long"),
        (4, "bad_quotes"),
        (5, "5"),
        (6, "row_too_long"),
        (7, "7"),
    ]


def test_a_quote_that_never_closes_costs_one_row(table: Any) -> None:
    path = table('phone,name\n1,"open\n2,b\n3,c')

    assert [one.fault or one.cells[0] for one in records(path, delimiter=",")] == ["phone", "bad_quotes", "2", "3"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("phone,name\n1,a", ","),
        ("phone;name\n1;a,b", ";"),
        ("phone\tname\n1\ta;b", "\t"),
        ("phone|name\n1|a", "|"),
        ("phone\n6941234567", ","),
        ('"Επώνυμο, Όνομα";Κινητό\n"a, b";1', ";"),
        ("a,b;phone;c,d\n1,2;3;4,5", ";"),
        ("", ","),
    ],
)
def test_the_delimiter_is_found(table: Any, text: str, delimiter: str) -> None:
    assert sniff(table(text)) == delimiter


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Phone", "phone"),
        ("MOBILE  number", "phone"),
        ("Κινητό", "phone"),
        ("ΚΙΝΗΤΟ ΤΗΛΕΦΩΝΟ", "phone"),
        ("first_name", "first_name"),
        ("Όνομα", "first_name"),
        ("ΕΠΩΝΥΜΟ", "last_name"),
        ("E-mail", "email"),
        ("Ημ. Γέννησης", "birthday"),
        ("Φύλο", "gender"),
        ("Συγκατάθεση", "consent"),
        ("Πόλη", "fields.poli"),
    ],
)
def test_headings_are_recognised_in_both_languages(heading: str, field: str) -> None:
    names = headings([heading, "tel"])

    chosen = mapping(names, stated={"Πόλη": "fields.poli"} if field == "fields.poli" else {}, custom={})

    assert chosen[heading] == field


def test_columns_have_one_name_each() -> None:
    assert headings(["city", "", "city", "a\x00b", "city"]) == ["city", "column 2", "city (2)", "a b", "city (3)"]


def test_the_importer_s_word_beats_the_heading() -> None:
    names = ["Phone", "Other", "City", "Name"]

    chosen = mapping(names, stated={"Other": "phone", "Phone": "", "Name": "last_name"}, custom={"city": "text"})

    assert chosen == {"Other": "phone", "City": "fields.city", "Name": "last_name"}


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"Missing": "phone"}, "no_column"),
        ({"Phone": "telephone number"}, "unknown_field"),
        ({"Phone": "fields.Bad Name"}, "unknown_field"),
        ({"City": "phone", "Phone": "phone"}, "field_twice"),
        ({"Phone": ""}, "no_phone_column"),
        ({"Phone": "store_id"}, "unknown_field"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(stated: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        mapping(["Phone", "City"], stated=stated, custom={})

    assert refusal.value.facts["errors"][0]["code"] == code
