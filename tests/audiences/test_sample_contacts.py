"""The demo's file is realistic, and the same for the same seed."""

from pathlib import Path

import pytest

from audiences.imports import ImportOptions, run_import, start_import
from audiences.models import Contact, ContactImport, ImportProblem
from audiences.sample_contacts import write_sample
from config.audit import SYSTEM
from tests.factories import StoreFactory


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    write_sample(first, rows=300, seed=7)
    write_sample(again, rows=300, seed=7)
    write_sample(other, rows=300, seed=8)

    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()
    assert len(first.read_text(encoding="utf-8-sig").splitlines()) == 301


@pytest.mark.django_db
def test_the_file_imports_with_its_faults_counted(tmp_path: Path, local_dir: Path) -> None:
    store = StoreFactory.create(custom_fields={"city": "text", "points": "number"})
    write_sample(tmp_path / "sample.csv", rows=2000, seed=1)
    options = ImportOptions(consent="opted_in", consent_source="demo form")
    upload = [(tmp_path / "sample.csv").read_bytes()]

    job = start_import(store=store, upload=upload, file_name="sample.csv", options=options, actor=SYSTEM)
    run_import(job.pk)

    job = ContactImport.objects.get()
    people = Contact.objects.filter(store=store)
    assert (job.rows, job.refused, job.duplicates, job.created) == (2000, 20, 20, 1960)
    assert set(ImportProblem.objects.values_list("code", flat=True)) >= {"too_short", "not_a_number", "not_mobile"}
    assert 30 <= people.filter(consent="opted_out").count() <= 90
    assert people.filter(consent="opted_in").count() + people.filter(consent="opted_out").count() == 1960
    assert set(people.values_list("country", flat=True)) == {"GR", "CY", "GB", "DE", "FR", "ES", "IT", "PL"}
    assert people.filter(country="GR").count() > 1300
    assert people.filter(first_name="Γιώργος").exists()
    assert people.filter(last_name__contains=";").exists() or people.filter(last_name__contains='"').exists()
    assert not people.exclude(fields__points__gte=0).exists()
