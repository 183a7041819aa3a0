"""Several chunks of an import are written at the same time; it can be cancelled between any two steps."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, get_ident
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audiences.errors import ImportEnded
from audiences.imports import cancel_import, preview, resume_imports, run_import, writer
from audiences.imports.crew import together
from audiences.imports.queries import Span
from audiences.models import Contact, ContactImport, ImportRow, Store
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import NotFound
from tests.audiences.importing import counts, everything, imported, take
from tests.factories import ContactFactory, StoreFactory
from tests.races import at_once

pytestmark = pytest.mark.usefixtures("local_dir")
STATED = {"consent": "opted_in", "consent_source": "till", "list_name": "All"}
PEOPLE = 300
CONTENT = "phone,name,consent\n" + "".join(
    f"+30694{n % 280:07d},n{n},{'no' if n % 9 == 0 else ''}\n" if n % 17 else "12,bad,\n" for n in range(PEOPLE)
)


@pytest.fixture
def small(settings: Any) -> None:
    settings.IMPORT_CHUNK, settings.IMPORT_WRITERS = 20, 3


def test_calls_are_done_once_by_several_threads() -> None:
    meeting = Barrier(3)

    def call(number: int) -> tuple[int, int]:
        if number < 3:
            meeting.wait(timeout=30)
        return number, get_ident()

    done = list(together([lambda number=number: call(number) for number in range(20)], threads=3))  # type: ignore[misc]

    assert sorted(number for number, _ in done) == list(range(20))
    assert len({thread for _, thread in done}) == 3


def test_nothing_is_a_result_too() -> None:
    assert list(together([lambda: None] * 4, threads=2)) == [None] * 4


def test_with_one_thread_everything_happens_here() -> None:
    assert set(together([get_ident] * 4, threads=1)) == {get_ident()}


def test_an_error_of_a_thread_is_raised_here_and_ends_the_work() -> None:
    begun = []

    def call(number: int) -> None:
        begun.append(number)
        if number == 2:
            raise ValueError(number)

    with pytest.raises(ValueError, match="2"):
        list(together([lambda number=number: call(number) for number in range(10_000)], threads=2))  # type: ignore[misc]

    assert len(begun) < 10_000


def test_whoever_stops_asking_stops_the_threads() -> None:
    results: Iterator[int] = together([lambda: 1] * 1000, threads=2)

    assert next(results) == 1
    results.close()  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_three_writers_do_what_one_does(small: None, settings: Any) -> None:
    many, one = StoreFactory.create(), StoreFactory.create()
    for store in (many, one):
        ContactFactory.create(store=store, phone="+306940000005", first_name="old", consent="unknown")
    imported(many, CONTENT, **STATED)
    settings.IMPORT_WRITERS = 1
    imported(one, CONTENT, **STATED)

    assert everything(many) == everything(one)
    assert ImportRow.objects.count() == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_several_processes_with_several_writers_do_the_work_once(small: None) -> None:
    whole, store = StoreFactory.create(), StoreFactory.create()
    imported(whole, CONTENT, **STATED)
    job = take(store, CONTENT, **STATED)

    outcomes = at_once(3, lambda _: run_import(job.pk))
    run_import(job.pk)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert everything(store) == everything(whole)


def test_a_span_that_was_written_is_empty(store: Store, settings: Any) -> None:
    settings.IMPORT_CHUNK = 2
    job = imported(store, "phone\n6941111111\n6942222222\n6943333333\n")
    ContactImport.objects.filter(pk=job.pk).update(status="running")

    assert writer.spans(job.pk) == []
    assert writer.write(job.pk, Span(1, 2)) == {"created": 0, "updated": 0, "unchanged": 0}


def test_nothing_is_written_before_the_whole_file_was_read(store: Store, settings: Any) -> None:
    settings.IMPORT_CHUNK = 2
    job = take(store, "phone\n6941111111\n6942222222\n6943333333\n")

    seen: list[tuple[int, int, int]] = []

    def look() -> None:
        now = ContactImport.objects.get(pk=job.pk)
        seen.append((now.progress, ImportRow.objects.count(), Contact.objects.count()))

    run_import(job.pk, tell=look)

    assert seen == [(17, 2, 0), (25, 3, 0), (74, 1, 2), (99, 0, 3)]
    job.refresh_from_db()
    assert job.progress == 100


# Cancelling ---------------------------------------------------------------------------------------------------------


def stopped_after(steps: int, job: ContactImport) -> None:
    """Run so many steps, then cancel."""
    left = steps

    def tell() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            cancel_import(store_id=job.store_id, import_id=job.pk, actor=SYSTEM)

    run_import(job.pk, tell=tell)
    job.refresh_from_db()


@pytest.mark.parametrize(("steps", "people"), [(1, 0), (2, 0), (3, 2), (4, 3)])
def test_a_cancelled_import_changes_nobody_after_that(
    store: Store, settings: Any, local_dir: Path, steps: int, people: int
) -> None:
    settings.IMPORT_CHUNK = 2
    job = take(store, "phone\n6941111111\n6942222222\n6943333333\n")

    stopped_after(steps, job)

    assert (job.status, job.file, job.error) == ("cancelled", "", "")
    assert Contact.objects.count() == people == job.created
    assert ImportRow.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))
    assert run_import(job.pk)["created"] == 0


def test_cancelling_is_audited_once_and_can_be_repeated(store: Store) -> None:
    job = take(store, "phone\n6941111111\n")

    for _ in range(2):
        cancel_import(store_id=store.pk, import_id=job.pk, actor=SYSTEM)

    assert AuditEvent.objects.filter(action="import.cancel").count() == 1


def test_what_has_ended_cannot_be_cancelled(store: Store, other_store: Store) -> None:
    job = imported(store, "phone\n6941111111\n")

    with pytest.raises(ImportEnded):
        cancel_import(store_id=store.pk, import_id=job.pk, actor=SYSTEM)
    with pytest.raises(NotFound):
        cancel_import(store_id=other_store.pk, import_id=job.pk, actor=SYSTEM)
    job.refresh_from_db()
    assert job.status == "done"


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_is_being_written_when_it_is_cancelled_is_undone(settings: Any) -> None:
    store = StoreFactory.create()
    job = take(store, "phone\n6941111111\n")

    def cancel(execute: Any, sql: str, *args: Any) -> Any:
        if "INSERT INTO audiences_contact (" in sql:
            [error] = at_once(1, lambda _: cancel_import(store_id=store.pk, import_id=job.pk, actor=SYSTEM))
            assert error is None
        return execute(sql, *args)

    with connection.execute_wrapper(cancel):
        run_import(job.pk)

    job.refresh_from_db()
    assert (job.status, job.created, Contact.objects.count()) == ("cancelled", 0, 0)


# Dry runs -----------------------------------------------------------------------------------------------------------


def test_the_preview_of_a_dry_run_outlives_it_for_an_hour(store: Store, local_dir: Path) -> None:
    job = imported(store, "phone,name\n6941111111,Ada\n", dry_run=True)

    assert preview(job.pk).rows[0].values["first_name"] == "Ada"
    ContactImport.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(minutes=59))
    assert resume_imports() == {"rung": 0, "tidied": 0}
    ContactImport.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(minutes=61))
    assert resume_imports() == {"rung": 0, "tidied": 1}
    assert not list(local_dir.rglob("*.csv"))
    with pytest.raises(NotFound):
        preview(job.pk)


# Contacts that exist ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("existing", "names", "fields", "updated"),
    [
        ("update", ("New", "Filled"), {"size": 2, "town": "Volos", "note": "x"}, 1),
        ("fill", ("Old", "Filled"), {"size": 1, "town": "Volos", "note": "x"}, 1),
        ("keep", ("Old", ""), {"size": 1, "note": "x"}, 0),
    ],
)
def test_contacts_that_exist_are_updated_filled_or_kept(
    db: None, existing: str, names: tuple[str, str], fields: dict[str, Any], updated: int
) -> None:
    store = StoreFactory.create(custom_fields={"size": "number", "town": "text", "note": "text"})
    ContactFactory.create(
        store=store, phone="+306941111111", first_name="Old", last_name="", fields={"size": 1, "note": "x"}
    )

    job = imported(
        store,
        "phone,name,last name,size,town\n6941111111,New,Filled,2,Volos\n6942222222,Other,,,\n",
        existing=existing,
        list_name="All",
    )

    person = Contact.objects.earliest("pk")
    assert ((person.first_name, person.last_name), person.fields) == (names, fields)
    assert (job.created, job.updated, job.unchanged) == (1, updated, 1 - updated)
    assert person.memberships.count() == 1


@pytest.mark.parametrize("existing", ["update", "fill", "keep"])
def test_a_no_counts_whatever_becomes_of_contacts_that_exist(store: Store, existing: str) -> None:
    ContactFactory.create(store=store, phone="+306941111111", consent="opted_in")

    job = imported(store, "phone,consent\n6941111111,no\n", existing=existing)

    assert Contact.objects.get().consent == "opted_out"
    assert counts(job) == {"rows": 1, "updated": 1}
