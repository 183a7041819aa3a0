"""An import makes, changes and refuses contacts, and re-subscribes nobody."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.errors import AudienceInvalid
from audiences.imports import errors_csv, preview, run_import
from audiences.models import Contact, ContactImport, ContactList, ImportRow, Store
from audiences.phones import phone_hash
from audiences.services.lists import delete_list
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.audiences.importing import counts, imported, problems, take
from tests.factories import ContactFactory, ContactListFactory, StoreFactory

pytestmark = pytest.mark.usefixtures("local_dir")
A, B, C = "+306941111111", "+306942222222", "+306943333333"


def test_a_file_becomes_contacts(db: None) -> None:
    store = StoreFactory.create(custom_fields={"points": "number", "since": "date", "vip": "yes_no"})
    job = imported(
        store,
        "Κινητό;Όνομα;Επώνυμο;E-mail;Γενέθλια;Φύλο;Γλώσσα;Points;Since;VIP;Other\n"
        "694 111 1111;Ελένη;Παππά; e@example.org ;28/2/1990;γυναίκα;el;12,5;2020-01-31;ναι;ignored\n"
        "+4915123456789;Jürgen;;;1991-12-31;M;de;-3;;no;\n",
    )

    first, second = Contact.objects.order_by("id")
    assert (job.status, counts(job)) == ("done", {"rows": 2, "created": 2})
    assert (first.phone, first.country, first.first_name, first.last_name) == (A, "GR", "Ελένη", "Παππά")
    assert (first.email, first.birthday, first.gender, first.language) == (
        "e@example.org",
        date(1990, 2, 28),
        "female",
        "el",
    )
    assert first.fields == {"points": 12.5, "since": "2020-01-31", "vip": True}
    assert bytes(first.phone_hash or b"") == phone_hash(A)
    assert (first.consent, first.consent_at) == ("unknown", None)
    assert (second.country, second.birthday, second.fields) == ("DE", date(1991, 12, 31), {"points": -3, "vip": False})


def test_nothing_is_left_behind_but_the_counts(store: Store, local_dir: Any) -> None:
    job = imported(store, "phone\n6941111111\n")

    assert (job.file, job.file_name, job.encoding, job.delimiter) == ("", "people.csv", "utf-8", ",")
    assert ImportRow.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["import.start", "import.done"]


def test_each_bad_row_is_refused_with_column_and_code(db: None) -> None:
    store = StoreFactory.create(custom_fields={"points": "number", "since": "date", "vip": "yes_no", "note": "text"})
    bad = [
        (",,,,,,,,,,", None),
        ("12,,,,,,,,,,", ("phone", "too_short")),
        (",Nobody,,,,,,,,,", ("phone", "empty")),
        ("2101234567,,,,,,,,,,", ("phone", "not_mobile")),
        ("694111111\x00,,,,,,,,,,", ("phone", "not_a_number")),
        ("6941111111,a\x00b,,,,,,,,,", ("name", "bad_text")),
        (f"6941111111,{'x' * 121},,,,,,,,,", ("name", "too_long_text")),
        ("6941111111,,no mail,,,,,,,,", ("email", "bad_email")),
        ("6941111111,,,12/31/1990,,,,,,,", ("birthday", "bad_birthday")),
        ("6941111111,,,31/12/1899,,,,,,,", ("birthday", "bad_birthday")),
        ("6941111111,,,,robot,,,,,,", ("gender", "bad_gender")),
        ("6941111111,,,,,ελ,,,,,", ("language", "bad_language")),
        ("6941111111,,,,,,maybe,,,,", ("consent", "bad_consent")),
        ("6941111111,,,,,,,many,,,", ("points", "bad_number")),
        ("6941111111,,,,,,,,yesterday,,", ("since", "bad_date")),
        ("6941111111,,,,,,,,,perhaps,", ("vip", "bad_yes_no")),
        ("6941111111,a,b", ("", "columns")),
        ("6941111111,,,,,,,,,,,extra", ("", "columns")),
        (f"6941111111,,,,,,,,,,{'x' * 70_000}", ("", "row_too_long")),
        (",,,,,,,,,,,,,", None),
    ]
    heading = "phone,name,email,birthday,gender,language,consent,points,since,vip,note\n"

    job = imported(store, heading + "\n".join(line for line, _ in bad))

    expected = [(row, *where) for row, (_, where) in enumerate(bad, start=1) if where]
    assert problems(job) == expected
    assert counts(job) == {"rows": 18, "refused": 18}
    assert Contact.objects.count() == 0


def test_more_cells_than_columns_are_fine_when_they_are_empty(store: Store) -> None:
    assert counts(imported(store, "phone,name\n6941111111,a,,,\n")) == {"rows": 1, "created": 1}


def test_a_later_row_with_the_same_phone_is_a_duplicate_also_across_chunks(store: Store, settings: Any) -> None:
    settings.IMPORT_CHUNK = 2
    job = imported(store, f"phone,name\n{A},first\n694 111 1111,twin\n{B},b\n{A},far\n12,bad\n12,bad\n{B},far\n")

    assert counts(job) == {"rows": 7, "created": 2, "duplicates": 3, "refused": 2}
    assert dict(Contact.objects.values_list("phone", "first_name")) == {A: "far", B: "far"}


def test_a_phone_whose_first_row_was_refused_is_taken_from_the_second(store: Store) -> None:
    job = imported(store, f"phone,email\n{A},nonsense\n{A},a@example.org\n")

    assert counts(job) == {"rows": 2, "created": 1, "refused": 1}


def test_a_second_import_changes_what_differs_and_keeps_what_it_does_not_say(db: None) -> None:
    store = StoreFactory.create(custom_fields={"city": "text", "points": "number"})
    same = ContactFactory.create(store=store, phone=A, first_name="Same", fields={"city": "Patras"})
    other = ContactFactory.create(store=store, phone=B, last_name="Kept", email="k@example.org", fields={"points": 1})

    job = imported(store, f"phone,first name,email,city\n{A},Same,,Patras\n{B},New,,Volos\n{C},Third,,\n")

    same_now, other_now = Contact.objects.get(pk=same.pk), Contact.objects.get(pk=other.pk)
    assert counts(job) == {"rows": 3, "created": 1, "updated": 1, "unchanged": 1}
    assert same_now.updated_at == same.updated_at
    assert (other_now.first_name, other_now.last_name, other_now.email) == ("New", "Kept", "k@example.org")
    assert other_now.fields == {"points": 1, "city": "Volos"}
    assert other_now.updated_at > other.updated_at


def test_another_store_s_contacts_are_not_touched(store: Store, other_store: Store) -> None:
    stranger = ContactFactory.create(store=other_store, phone=A, first_name="Untouched")

    job = imported(store, f"phone,name\n{A},Mine\n")

    stranger.refresh_from_db()
    assert counts(job) == {"rows": 1, "created": 1}
    assert stranger.first_name == "Untouched"


def test_rows_are_put_on_the_list_once(store: Store) -> None:
    known, away = ContactFactory.create(store=store, phone=A), ContactFactory.create(store=store, phone=C)
    named = ContactListFactory.create(store=store, contacts=[known])

    for _ in range(2):
        imported(store, f"phone\n{A}\n{B}\n", list_id=named.pk)

    on_it = set(named.memberships.values_list("contact__phone", flat=True))
    assert on_it == {A, B}
    assert away.memberships.count() == 0
    assert ContactList.objects.get().updated_at > named.updated_at


def test_a_list_is_made_by_name_and_may_vanish_meanwhile(store: Store) -> None:
    job = take(store, f"phone\n{A}\n", list_name="Fresh")
    delete_list(store_id=store.pk, list_id=ContactList.objects.get(name="Fresh").pk, actor=SYSTEM)

    run_import(job.pk)

    assert counts(job) == {"rows": 1, "created": 1}


def test_a_dry_run_counts_and_changes_nothing(store: Store) -> None:
    ContactFactory.create(store=store, phone=A, first_name="Old")
    content = f"phone,name,town\n{A},New,x\n{B},b,x\n{B},twin,x\n12,bad,x\n"

    job = imported(store, content, dry_run=True, list_name="Never", mapping={"town": "fields.town"})

    assert counts(job) == {"rows": 4, "created": 1, "updated": 1, "duplicates": 1, "refused": 1}
    assert list(Contact.objects.values_list("first_name", flat=True)) == ["Old"]
    assert ContactList.objects.count() == 0
    assert Store.objects.get().custom_fields == {}


def test_a_mapping_makes_custom_fields(store: Store) -> None:
    imported(store, f"phone,Town\n{A},Volos\n", mapping={"Town": "fields.town"})

    assert Store.objects.get().custom_fields == {"town": "text"}
    assert Contact.objects.get().fields == {"town": "Volos"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("phone,name\n", "header_only"),
        ("phone,name\n\n;\n".replace(";", ","), "header_only"),
        ("telefon,name\n6941111111,a\n", "no_phone_column"),
        ("6941111111,a\n6942222222,b\n", "no_phone_column"),
        ('"phone,name\n', "bad_heading"),
        ("\nphone\n6941111111\n", "bad_heading"),
    ],
)
def test_a_file_that_is_no_table_of_contacts_is_refused_at_once(
    store: Store, local_dir: Any, content: str, code: str
) -> None:
    with pytest.raises(InvalidFields) as refusal:
        take(store, content)

    assert refusal.value.facts["errors"][0]["code"] == code
    assert ContactImport.objects.count() == AuditEvent.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"consent": "yes"}, "#/consent"),
        ({"consent": "opted_in"}, "#/consent_source"),
        ({"consent": "opted_in", "consent_source": "x" * 101}, "#/consent_source"),
        ({"consent_at": timezone.now() + timedelta(days=1)}, "#/consent_at"),
        ({"delimiter": "-"}, "#/delimiter"),
        ({"mapping": {"nothing": "phone"}}, "#/mapping"),
        ({"list_name": "x" * 161}, "#/name"),
    ],
)
def test_a_bad_option_is_refused(store: Store, local_dir: Any, options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        take(store, f"phone\n{A}\n", **options)

    assert refusal.value.facts["errors"][0]["pointer"] == pointer
    assert ContactImport.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))


def test_another_store_s_list_does_not_exist(store: Store, other_store: Store) -> None:
    with pytest.raises(AudienceInvalid):
        take(store, f"phone\n{A}\n", list_id=ContactListFactory.create(store=other_store).pk)


def test_the_preview_shows_the_first_rows_as_they_would_be_read(store: Store) -> None:
    job = take(store, "Mobile;Name;Junk\n6941111111;Ελένη;x\n12;;\n" + "6942222222;b;\n" * 20)

    shown = preview(job.pk)
    run_import(job.pk)

    assert (shown.columns, shown.mapping) == (["Mobile", "Name", "Junk"], {"Mobile": "phone", "Name": "first_name"})
    assert len(shown.rows) == 10
    assert (shown.rows[0].values["phone"], shown.rows[0].values["first_name"]) == (A, "Ελένη")
    assert (shown.rows[1].column, shown.rows[1].code) == ("Mobile", "too_short")
    with pytest.raises(NotFound):
        preview(job.pk)


def test_the_errors_come_as_csv_that_no_spreadsheet_runs(store: Store) -> None:
    job = imported(store, f"phone,email\n{A},=cmd|x!A1\n+12,\n")

    assert list(errors_csv(job.pk)) == [
        "row,column,code,message,value\r\n",
        "1,email,bad_email,This is not an e-mail address.,'=cmd|x!A1\r\n",
        "2,phone,not_a_number,This is not a phone number.,'+12\r\n",
    ]


def test_a_kept_value_is_bounded_and_printable(store: Store) -> None:
    job = imported(store, "phone\n" + "a\x00" * 300 + "\n")

    assert job.problems.get().value == "a\ufffd" * 50
