"""An upload becomes a file of UTF-8 with plain line ends, in constant memory, or is refused before anything is kept."""

import codecs
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

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
OTHER_FORMATS = {b"PK\x03\x04": "a spreadsheet or archive", b"\xd0\xcf\x11\xe0": "an old spreadsheet", b"%PDF": "a PDF"}


class Received(NamedTuple):
    """Where the file lies (below `folder()`), its size in bytes, and the encoding it came in."""

    name: str
    size: int
    encoding: str


def folder() -> Path:
    """Where uploads wait for their import."""
    return Path(settings.LOCAL_DIR) / "files"


def receive(upload: Iterable[bytes], *, encoding: str = "") -> Received:
    """Keep an upload, durably. `encoding`: as stated by the importer; else by its byte order mark, else UTF-8.

    Raises TooLarge above IMPORT_MAX_BYTES, InvalidFields at `/file` with code `empty`, `not_csv` or `encoding`
    (broken bytes anywhere in the file). Then nothing of it is left on the disk.
    """
    if encoding and encoding not in ENCODINGS:
        raise invalid("/encoding", f"One of: {', '.join(ENCODINGS)}.", code="unknown_encoding")
    name = f"imports/{secrets.token_hex(16)}.csv"
    place = folder() / name
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("wb") as file:
            used = _copy(upload, file, encoding=encoding)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return Received(name, size, used)


def _copy(upload: Iterable[bytes], file: io.BufferedWriter, *, encoding: str) -> str:
    chunks = _bounded(upload)
    head = b""
    while len(head) < 4 and (chunk := next(chunks, b"")):
        head += chunk
    if not head.strip():
        raise invalid("/file", "The file is empty.", code="empty")
    if kind := next((kind for mark, kind in OTHER_FORMATS.items() if head.startswith(mark)), None):
        raise invalid("/file", f"This is {kind}; save it as CSV.", code="not_csv")
    marked = next((codec for mark, codec in MARKS.items() if head.startswith(mark)), "")
    codec = marked or encoding or "utf-8"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)("strict"), translate=True)
    lines = 1
    try:
        for chunk in chain([head], chunks):
            text = decoder.decode(chunk)
            lines += text.count("\n")
            file.write(text.encode())
        file.write(decoder.decode(b"", final=True).encode())
    except UnicodeError as error:
        raise _undecodable(codec, lines, error) from None
    return codec.removesuffix("-sig")


def _bounded(upload: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in upload:
        size += len(chunk)
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
