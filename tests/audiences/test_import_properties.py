"""Whatever stands in a file: the quick way reads it as the careful one does, and what was read is what is stored."""

import csv
import io
import random
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from django.core.validators import validate_email
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audiences.fields import USUAL_EMAIL, BadValue
from audiences.imports import reading
from audiences.imports.cells import unguarded
from audiences.imports.reading import DELIMITERS, Record, records, take
from audiences.models import Contact
from audiences.phones import BadPhone, Phone, judge, normalise
from config.spreadsheet import harmless
from tests.audiences.importing import counts, imported
from tests.factories import StoreFactory

FILES = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)
CELL = TEXT | st.sampled_from(
    ['"', '""', 'a"b', ",", ";", "\t", "|", "two\nlines", "\n", " ", "x" * 30, "\x00", "\x85"]
)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=12)


def written(rows: list[list[str]], *, delimiter: str, quoting: int) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="\n", quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return made.getvalue()


def all_taken(path: Path, *, delimiter: str, limit: int) -> list[tuple[int, list[str], str]]:
    """Everything that `take` gives, piece by piece; blank records as empty."""
    found: list[Record] = []
    offset, row = 0, 0
    while offset < path.stat().st_size:
        taken = take(path, delimiter=delimiter, offset=offset, row=row, limit=limit)
        assert 0 < len(taken.records) <= limit
        assert taken.offset > offset
        found += taken.records
        offset, row = taken.offset, taken.next_row
    return [plain(one) for one in found]


def plain(record: Record) -> tuple[int, list[str], str]:
    return record.row, record.cells if any(map(str.strip, record.cells)) else [], record.fault


@FILES
@given(rows=TABLE, delimiter=st.sampled_from(DELIMITERS), quoting=st.sampled_from([0, 1]), limit=st.integers(1, 6))
def test_a_table_comes_back_as_it_was_written(
    tmp_path: Path, rows: list[list[str]], delimiter: str, quoting: int, limit: int
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(written(rows, delimiter=delimiter, quoting=quoting), encoding="utf-8", newline="")

    found = all_taken(path, delimiter=delimiter, limit=limit)

    told = [cells if any(map(str.strip, cells)) else [] for cells in rows]
    assert [cells for _, cells, _ in found] == told
    assert [row for row, _, _ in found] == list(range(len(rows)))


@FILES
@given(
    text=st.text(st.sampled_from('ab,;"\n é\x00🌸'), max_size=60),
    limit=st.integers(1, 5),
    sizes=st.sampled_from([(64 * 1024, 1024 * 1024), (16, 24), (40, 12)]),
)
@example(text='a,"b\nc\n', limit=5, sizes=(64 * 1024, 1024 * 1024))
@example(text="\n\n\n", limit=2, sizes=(16, 24))
def test_broken_files_are_read_alike_in_pieces_of_any_size(
    tmp_path: Path, text: str, limit: int, sizes: tuple[int, int]
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LONGEST", sizes[0])
        patch.setattr(reading, "PIECE", sizes[1])

        assert all_taken(path, delimiter=",", limit=limit) == [plain(one) for one in records(path, delimiter=",")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TEXT, min_size=1, max_size=20))
@example(names=["back\\slash", "\\N", "\\.", "tab\tbed", "two\nlines", "ends\\", "'=guarded", "'", "\u2028"])
def test_what_was_read_is_what_is_stored(db: None, local_dir: Path, names: list[str]) -> None:
    store = StoreFactory.create(custom_fields={"note": "text"})
    rows = [[f"+30694{n:07d}", name, name] for n, name in enumerate(names)]

    job = imported(store, written([["phone", "name", "note"], *rows], delimiter=",", quoting=1))

    people = Contact.objects.filter(store=store).order_by("phone").values_list("phone", "first_name", "fields")
    kept = [(phone, name, fields.get("note", "")) for phone, name, fields in people]
    fine = {phone: unguarded(name.strip()) for phone, name, _ in rows}
    assert kept == [(phone, fine[str(phone)], fine[str(phone)]) for phone, _, _ in kept]
    assert counts(job).get("created", 0) + counts(job).get("refused", 0) == len(names)


@settings(max_examples=300, deadline=None)
@given(cell=st.text(st.sampled_from("'=+-@\t\ra "), max_size=8))
def test_an_import_takes_away_just_what_an_export_put_before(cell: str) -> None:
    assert unguarded(harmless(cell)) == unguarded(cell) if harmless(cell) == cell else unguarded(harmless(cell)) == cell


@settings(max_examples=200, deadline=None)
@given(
    address=st.text(st.sampled_from("aZ09.-_+@"), max_size=12).map(lambda text: f"a{text}b@c.gr")
    | st.text("aB1.-@", max_size=14)
)
@example(address="Ada.Byron+news@Shop-1.Example.ORG")
def test_what_looks_like_a_usual_address_is_one(address: str) -> None:
    if USUAL_EMAIL.fullmatch(address):
        validate_email(address)


# Phones -------------------------------------------------------------------------------------------------------------


def outcome(way: Any, text: str, country: str) -> Phone | str:
    try:
        found: Phone = way(text, country=country)
    except (BadPhone, BadValue) as error:
        return error.code
    return found


def spellings(region: str, other: str, dice: random.Random) -> list[tuple[str, str]]:
    """A number that looks like one of the region, in the ways people write it, and the country where they do."""
    kind = dice.choice((1, 1, 1, 0, 2, 3, 6, 8))
    known = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    assert known is not None
    digits = phonenumbers.national_significant_number(known)
    length = max(len(digits) + dice.choice((0, 0, 0, -1, 1)), 3)
    kept = digits[: dice.randrange(len(digits) + 1)]
    digits = (kept + "".join(dice.choices("0123456789", k=length)))[:length]
    code = phonenumbers.country_code_for_region(region)
    return [
        (digits, region),
        (f"0{digits}", region),
        (f"{code}{digits}", region),
        (f"+{code}{digits}", other),
        (f"+{code} {digits[:3]} {digits[3:]}", region),
        (f"00{code}{digits}", other),
        (f"+{code}0{digits}", other),
        (f"011{code}{digits}", other),
    ]


def test_the_quick_way_to_read_phones_agrees_with_the_library_in_every_country() -> None:
    dice, regions = random.Random(20261122), sorted(phonenumbers.SUPPORTED_REGIONS)

    differing, compared = [], 0
    for region in regions:
        for _ in range(12):
            for text, country in spellings(region, dice.choice(regions), dice):
                compared += 1
                if outcome(normalise, text, country) != outcome(judge, text, country):
                    differing.append((text, country))

    assert differing == []
    assert compared == len(regions) * 96 > 20_000
