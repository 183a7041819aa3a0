"""Workbooks as Excel writes them, made by hand: cells with types and formats, merged ones, sheets that are hidden."""

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
ROOT = f"""<Relationships xmlns="{PACKAGE}/relationships">
<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
STYLES = (
    f"""<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"""
)

SEEN = {True: "visible", False: "hidden"}

Cell = str | int | float | bool | None


class Raw(str):
    """A cell's XML as it stands in the file; `@` is its place."""


def date(serial: float) -> Raw:
    """A number that is shown as a date: days since 1899-12-30."""
    return Raw(f'<c r="@" s="1"><v>{serial}</v></c>')


def _cell(value: Cell, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.replace("@", place)
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def sheet_xml(rows: Sequence[Sequence[Cell]], *, merged: Sequence[str] = ()) -> str:
    """A sheet; an empty row is not written at all, as in real files."""
    lines = "".join(
        f'<row r="{y}">' + "".join(_cell(value, f"{chr(65 + x)}{y}") for x, value in enumerate(row)) + "</row>"
        for y, row in enumerate(rows, start=1)
        if row
    )
    joined = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    tail = f"<mergeCells>{joined}</mergeCells>" if merged else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData>{tail}</worksheet>'


def book(*sheets: str, hidden: Sequence[int] = (), parts: dict[str, str] | None = None) -> bytes:
    """A workbook of sheets; those whose numbers are `hidden` cannot be seen. `parts`: files instead of ours."""
    told = "".join(
        f'<sheet name="S{n}" sheetId="{n + 1}" r:id="s{n}" state="{SEEN[n not in hidden]}"/>'
        for n in range(len(sheets))
    )
    links = "".join(
        f'<Relationship Id="s{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(len(sheets))
    )
    files = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{told}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="st" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in enumerate(sheets)},
        **(parts or {}),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def table(rows: Sequence[Sequence[Cell]], *, merged: Sequence[str] = ()) -> bytes:
    """A workbook of one sheet."""
    return book(sheet_xml(rows, merged=merged))
