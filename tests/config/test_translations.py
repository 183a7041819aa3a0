"""Every text of the public pages has its Greek, and the file that is loaded is made of the file that is read."""

import ast
import gettext
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

from config.gettext_files import BadTranslations, read_po, write_mo
from tests.architecture.source import ROOT

PO = ROOT / "audiences" / "locale" / "el" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop"}
HOLES = re.compile(r"%\(\w+\)s")


def texts_of(source: str) -> Iterator[str]:
    """The texts that a module marks for translation."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text))]) if name in CALLS:
                yield text


def marked() -> set[str]:
    """Every text of the public pages and of the modules behind them."""
    found = {text for path in (ROOT / "audiences").rglob("*.py") for text in texts_of(path.read_text())}
    for path in (ROOT / "templates" / "public").glob("*.html"):
        calls = re.findall(r"gettext\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|'''.*?''')\)", _python(path), re.DOTALL)
        found |= {str(ast.literal_eval(call)) for call in calls}
    return found


def _python(path: Path) -> str:
    return templatize(path.read_text())


def test_every_text_has_its_greek() -> None:
    texts = marked()

    assert len(texts) > 60
    assert texts - set(read_po(PO)) == set()


def test_no_greek_is_left_of_a_text_that_is_gone() -> None:
    assert set(read_po(PO)) - marked() == {""}


def test_a_translation_has_the_holes_of_its_text() -> None:
    catalog = read_po(PO)

    assert [t for t, said in catalog.items() if sorted(HOLES.findall(t)) != sorted(HOLES.findall(said))] == []


def test_the_loaded_file_is_made_of_the_read_one() -> None:
    assert PO.with_suffix(".mo").read_bytes() == write_mo(read_po(PO)), "run manage.py compile_texts"


def test_gettext_reads_what_we_write() -> None:
    catalog = {"": "Content-Type: text/plain; charset=UTF-8\n", "Save": "Αποθήκευση", "a": "", "é\n": "ναι\n"}

    loaded = gettext.GNUTranslations(io.BytesIO(write_mo(catalog)))

    assert [loaded.gettext(text) for text in ("Save", "é\n", "unknown")] == ["Αποθήκευση", "ναι\n", "unknown"]


def test_entries_over_several_lines_are_put_together(tmp_path: Path) -> None:
    po = tmp_path / "a.po"
    po.write_text('# said\nmsgid ""\n"Long "\n"text\\n"\nmsgstr "Μακρύ "\n"κείμενο\\n"\n\nmsgid "none"\nmsgstr ""\n')

    assert read_po(po) == {"Long text\n": "Μακρύ κείμενο\n"}


@pytest.mark.parametrize(
    "text", ['msgctxt "a"\nmsgid "b"\nmsgstr "c"\n', 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\n', "nonsense\n"]
)
def test_what_it_does_not_know_is_refused(tmp_path: Path, text: str) -> None:
    po = tmp_path / "a.po"
    po.write_text(text)

    with pytest.raises(BadTranslations, match=r"a\.po:\d"):
        read_po(po)
