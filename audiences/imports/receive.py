"""An upload becomes a CSV in UTF-8 with plain line ends, in constant memory, or is refused before anything is kept."""

import codecs
import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from audiences.imports import workbook
from config.problems import InvalidFields, TooLarge, invalid

ENCODINGS = (
    "utf-8",
    "utf-16",
    "windows-1253",
    "iso-8859-7",
    "windows-1252",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1254",
)
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
OTHER_FORMATS = {b"\xd0\xcf\x11\xe0": "an old spreadsheet, or one with a password", b"%PDF": "a PDF"}


class Received(NamedTuple):
    """A file that was kept: its name below `folder()`, its size in bytes, what it came as, and the upload's digest.

    `encoding`: of a text, or `xlsx`; `delimiter`: if it is known.
    """

    name: str
    size: int
    encoding: str
    digest: str
    delimiter: str = ""


def folder() -> Path:
    """Where uploads wait for their import: a folder of this machine, or one that several share."""
    return Path(settings.FILES_DIR) if settings.FILES_DIR else Path(settings.LOCAL_DIR) / "files"


def receive(upload: Iterable[bytes], *, encoding: str = "") -> Received:
    """Keep an upload, durably, as CSV in UTF-8. `encoding`: as stated; else by its byte order mark, else UTF-8.

    Raises TooLarge above IMPORT_MAX_BYTES, InvalidFields at `/file` with code `empty`, `not_csv`, `encoding` (broken
    bytes anywhere in the file), or those of workbooks. Then nothing of it is left on the disk.
    """
    if encoding and encoding not in ENCODINGS:
        raise invalid("/encoding", f"One of: {', '.join(ENCODINGS)}.", code="unknown_encoding")
    digest = hashlib.blake2b(digest_size=16)
    chunks = _bounded(upload, digest)
    head = _head(chunks)
    name = f"imports/{secrets.token_hex(16)}.csv"
    place = folder() / name
    place.parent.mkdir(parents=True, exist_ok=True)
    book = head.startswith(workbook.MARK)
    try:
        if book:
            _convert(chain([head], chunks), place)
        else:
            encoding = _decode(chain([head], chunks), place, codec=_codec(head, stated=encoding))
        size = _settle(place)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return Received(name, size, "xlsx" if book else encoding, digest.hexdigest(), "," if book else "")


def _head(chunks: Iterator[bytes]) -> bytes:
    """The first bytes. Raises InvalidFields for nothing at all, and for what is neither text nor a workbook."""
    head = b""
    while len(head) < 4 and (chunk := next(chunks, b"")):
        head += chunk
    if not head.strip():
        raise invalid("/file", "The file is empty.", code="empty")
    if kind := next((kind for mark, kind in OTHER_FORMATS.items() if head.startswith(mark)), None):
        raise invalid("/file", f"This is {kind}; save it as CSV or XLSX.", code="not_csv")
    return head


def _codec(head: bytes, *, stated: str) -> str:
    marked = next((codec for mark, codec in MARKS.items() if head.startswith(mark)), "")
    return marked or stated or "utf-8"


def _decode(upload: Iterable[bytes], place: Path, *, codec: str) -> str:
    """Write a text as UTF-8 with plain line ends; return the name of its encoding."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)("strict"), translate=True)
    lines = 1
    with place.open("wb") as file:
        try:
            for chunk in upload:
                text = decoder.decode(chunk)
                lines += text.count("\n")
                file.write(text.encode())
            file.write(decoder.decode(b"", final=True).encode())
        except UnicodeError as error:
            raise _undecodable(codec, lines, error) from None
    return codec.removesuffix("-sig")


def _convert(upload: Iterable[bytes], place: Path) -> None:
    """Write a workbook's first sheet; the workbook itself is not kept."""
    book = place.with_suffix(".xlsx")
    try:
        with book.open("wb") as file:
            file.writelines(upload)
        workbook.convert(book, place)
    finally:
        book.unlink(missing_ok=True)


def _settle(place: Path) -> int:
    """Have the file on the disk for good; return its size in bytes."""
    with place.open("rb+") as file:
        os.fsync(file.fileno())
        return file.seek(0, os.SEEK_END)


def _bounded(upload: Iterable[bytes], digest: hashlib.blake2b) -> Iterator[bytes]:
    size = 0
    for chunk in upload:
        size += len(chunk)
        digest.update(chunk)
        if size > settings.IMPORT_MAX_BYTES:
            raise TooLarge(f"A file may have at most {settings.IMPORT_MAX_BYTES} bytes; split it.")
        yield chunk


def _undecodable(codec: str, lines: int, error: UnicodeError) -> InvalidFields:
    if isinstance(error, UnicodeDecodeError):
        lines += error.object[: error.start].count(b"\n")
    tried = codec.removesuffix("-sig").upper()
    advice = f"Save it as UTF-8, or state its `encoding`: {', '.join(ENCODINGS)}."
    return invalid("/file", f"The file is not {tried}: line {lines} cannot be read. {advice}", code="encoding")


def discard(name: str) -> None:
    """Remove a kept file; again is nothing new."""
    if name:
        (folder() / name).unlink(missing_ok=True)
