"""Every text has its Greek, with the same gaps to fill, and what is loaded is what was written."""

import re

import pytest

from config.gettext_files import read_po, write_mo
from tests.architecture.source import ROOT
from tests.console.texts import all_texts

PO = ROOT / "messaging" / "locale" / "el" / "LC_MESSAGES" / "django.po"
GAPS = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


@pytest.fixture(scope="module")
def greek() -> dict[str, str]:
    return read_po(PO)


def test_every_text_has_its_greek(greek: dict[str, str]) -> None:
    assert sorted(all_texts() - set(greek)) == []


def test_nothing_is_translated_that_nobody_says(greek: dict[str, str]) -> None:
    assert sorted(set(greek) - all_texts() - {""}) == []


def test_the_gaps_are_the_same(greek: dict[str, str]) -> None:
    wrong = {text for text, said in greek.items() if text and sorted(GAPS.findall(text)) != sorted(GAPS.findall(said))}

    assert wrong == set()


def test_what_is_loaded_is_what_was_written(greek: dict[str, str]) -> None:
    assert PO.with_suffix(".mo").read_bytes() == write_mo(greek), "run manage.py compile_texts"
