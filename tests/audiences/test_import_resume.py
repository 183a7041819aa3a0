"""An import that is killed, doubled or lost ends with the same rows, problems and counts."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audiences.imports import errors_csv, resume_imports, run_import
from audiences.imports.receive import discard
from audiences.models import Contact, ContactImport, ImportRow, Store
from audiences.tasks import resume_imports as sweep
from audiences.tasks import run_import as task
from config.models import SweepRun
from config.queues import Task
from tests.audiences.importing import counts, everything, imported, problems, take
from tests.factories import ContactFactory, StoreFactory
from tests.races import at_once

MANAGE = Path(__file__).parents[2] / "manage.py"
A, B, C, D = "+306941111111", "+306942222222", "+306943333333", "+306944444444"
FILE = f"phone,name,consent\n{A},a,yes\n{A},twin,\n12,bad,\n{B},b,no\n{C},c,\n{B},twin,\n{D},new,\n,none,\n"
STATED = {"consent": "opted_in", "consent_source": "till", "list_name": "All"}


class Killed(BaseException):
    """The process ends here."""


def killed_at(statement: int, run: Callable[[], Any]) -> bool:
    """Run until the n-th SQL statement, and end there as kill -9 would; False when there were fewer."""
    left = statement

    def count(execute: Any, *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return execute(*args)

    try:
        with connection.execute_wrapper(count):
            run()
    except Killed:
        return True
    return False


def prepared(settings: Any) -> Store:
    settings.IMPORT_CHUNK = 3
    store = StoreFactory.create()
    ContactFactory.create(store=store, phone=C, first_name="old", consent="unknown")
    return store


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement_it_goes_on_to_the_same_end(settings: Any, local_dir: Path) -> None:
    whole = prepared(settings)
    imported(whole, FILE, **STATED)
    expected = everything(whole)

    points = 0
    while True:
        store = prepared(settings)
        job = take(store, FILE, **STATED)
        if not killed_at(points, lambda job=job: run_import(job.pk)):  # type: ignore[misc]
            break
        run_import(job.pk)
        ContactImport.objects.exclude(file="").update(finished_at=timezone.now() - timedelta(hours=1))
        resume_imports()
        assert everything(store) == expected, f"killed at statement {points}"
        points += 1

    assert expected["jobs"] == [("done", 8, len(FILE.encode()), "", 8, 3, 1, 0, 2, 2)]
    assert points > 40
    assert ImportRow.objects.count() == 0
    assert not list(local_dir.rglob("*.csv"))


def test_chunks_of_any_size_give_the_same_result(db: None, settings: Any, local_dir: Path) -> None:
    results = []
    for chunk in (1, 2, 3, 7, 8, 9, 100):
        store = prepared(settings)
        settings.IMPORT_CHUNK = chunk
        imported(store, FILE, **STATED)
        results.append(everything(store))

    assert all(result == results[0] for result in results)


def test_running_it_again_changes_nothing(store: Store, local_dir: Path) -> None:
    job = imported(store, FILE, **STATED)
    before = everything(store)

    assert run_import(job.pk) == dict.fromkeys(("rows", "created", "updated", "unchanged", "duplicates", "refused"), 0)
    assert task(job.pk)["rows"] == 0
    assert run_import(0)["rows"] == 0
    assert everything(store) == before


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_runners_at_once_do_the_work_once(settings: Any, local_dir: Path) -> None:
    whole, store = prepared(settings), prepared(settings)
    imported(whole, FILE, **STATED)
    job = take(store, FILE, **STATED)

    done = at_once(3, lambda _: run_import(job.pk))
    run_import(job.pk)

    assert sum(outcome["rows"] for outcome in done if isinstance(outcome, dict)) <= 8
    assert not [outcome for outcome in done if isinstance(outcome, Exception)]
    assert everything(store) == everything(whole)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_people_at_once_make_each_once(settings: Any, local_dir: Path) -> None:
    settings.IMPORT_CHUNK = 50
    store = StoreFactory.create()
    phones = [f"+30694{n:07d}" for n in range(400)]
    files = ["phone,name\n" + "".join(f"{phone},x\n" for phone in order) for order in (phones, phones[::-1])]
    jobs = [take(store, content, list_name="All") for content in files]

    outcomes = at_once(2, lambda n: run_import(jobs[n].pk))

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert Contact.objects.filter(memberships__list__name="All").count() == Contact.objects.count() == 400
    first, second = counts(jobs[0]), counts(jobs[1])
    assert first.get("created", 0) + second.get("created", 0) == 400
    assert first.get("unchanged", 0) + second.get("unchanged", 0) == 400


def test_while_another_holds_it_there_is_nothing_to_do(transactional_db: None, local_dir: Path) -> None:
    job = take(StoreFactory.create(), FILE)

    with transaction.atomic():
        ContactImport.objects.select_for_update().get(pk=job.pk)
        [meanwhile] = at_once(1, lambda _: run_import(job.pk))

    assert isinstance(meanwhile, dict)
    assert meanwhile["rows"] == 0
    assert run_import(job.pk)["rows"] == 8


def test_a_lost_file_ends_the_import_with_its_reason(store: Store, local_dir: Path) -> None:
    job = take(store, FILE)
    discard(job.file)

    run_import(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error, job.file) == ("failed", "file_lost", "")
    assert Contact.objects.count() == 0


def test_only_the_first_problems_are_kept_but_all_are_counted(
    store: Store, settings: Any, local_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IMPORT_CHUNK = 2
    monkeypatch.setattr("audiences.imports.reader.PROBLEMS_MAX", 3)

    job = imported(store, "phone\n" + "12\n" * 8)

    assert counts(job) == {"rows": 8, "refused": 8}
    assert [row for row, _, _ in problems(job)] == [1, 2, 3]


def test_the_sweep_rings_for_what_nobody_touched(store: Store, local_dir: Path) -> None:
    stale, fresh, ended = take(store, FILE), take(store, FILE), imported(store, FILE)
    long_ago = timezone.now() - timedelta(days=3)
    ContactImport.objects.filter(pk__in=[stale.pk, ended.pk]).update(touched_at=long_ago)

    swept = resume_imports()

    assert swept == {"rung": 1, "tidied": 0}
    assert counts(fresh) == {}


def test_the_sweep_records_its_run(db: None) -> None:
    assert sweep() == {"rung": 0, "tidied": 0}
    assert SweepRun.objects.get(name=Task.RESUME_IMPORTS.value).counts == {"rung": 0, "tidied": 0}


@pytest.mark.flow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_a_command_killed_twice_for_real_goes_on_when_it_is_repeated(tmp_path: Path, local_dir: Path) -> None:
    whole, store = StoreFactory.create(), StoreFactory.create()
    rows = [f"+30694{n % 1100:07d},name{n}\n" if n % 50 else "12,bad\n" for n in range(1200)]
    path = tmp_path / "people.csv"
    path.write_text("phone,name\n" + "".join(rows))
    imported(whole, path.read_text())

    command = [sys.executable, str(MANAGE), "import_contacts", str(path), "--store", store.slug, "--json"]
    jobs = ContactImport.objects.filter(store=store)
    _kill_when(jobs.filter(cursor__gt=0), command, local_dir)
    assert jobs.get().read_at is None
    _kill_when(jobs.filter(created__gt=0), command, local_dir)
    assert jobs.get().status == "running"
    done = subprocess.run(command, env=_environment(local_dir), capture_output=True, text=True, check=True, timeout=120)

    assert json.loads(done.stdout)["import"] == jobs.get().pk
    assert everything(store) == everything(whole)
    assert digest_of_errors(store) == digest_of_errors(whole)


def _kill_when(rows: QuerySet[ContactImport], command: list[str], local_dir: Path) -> None:
    """Start the command and end it by SIGKILL as soon as there is such a row."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=_environment(local_dir), stdout=quiet, stderr=quiet) as process:
        try:
            _wait_for(rows.exists, seconds=90)
        finally:
            process.kill()


def digest_of_errors(store: Store) -> str:
    text = "".join(errors_csv(ContactImport.objects.get(store=store).pk))
    return hashlib.sha256(text.encode()).hexdigest()


def _environment(local_dir: Path) -> dict[str, str]:
    database = connection.settings_dict
    url = f"postgres://{database['USER']}@{quote(str(database['HOST']), safe='')}:{database['PORT']}/{database['NAME']}"
    own = {
        "DATABASE_URL": url,
        "LOCAL_DIR": str(local_dir),
        "IMPORT_CHUNK": "20",
        "IMPORT_WRITERS": "3",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    return {**os.environ, **own}


def _wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)
