"""Translations without the gettext tools: a .po is read, and the .mo that gettext loads is written, in plain Python."""

import ast
import re
import struct
from pathlib import Path

ENTRY = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+"', re.MULTILINE)
MAGIC, HEAD = 0x950412DE, 28  # of a .mo file: seven numbers of four bytes before its tables


class BadTranslations(ValueError):
    """A .po that holds what this reader does not know."""


def read_po(path: Path) -> dict[str, str]:
    """Text → translation, the heading under the empty text. Raises BadTranslations for plurals and contexts.

    What has no translation is left out, so that the text itself is shown.
    """
    found: dict[str, str] = {}
    text, at = "", ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if match := ENTRY.match(stripped):
            at, stripped = match[1], stripped[len(match[1]) :].strip()
            text = "" if at == "msgid" else text
        if at not in ("msgid", "msgstr") or not stripped.startswith('"'):
            raise BadTranslations(f"{path}:{number}")
        piece = str(ast.literal_eval(stripped))
        if at == "msgid":
            text += piece
        else:
            found[text] = found.get(text, "") + piece
    return {text: translation for text, translation in found.items() if translation}


def write_mo(catalog: dict[str, str]) -> bytes:
    """The catalog as GNU gettext's machine form, sorted, without a hash table: the same for the same catalog."""
    pairs = sorted((text.encode(), translation.encode()) for text, translation in catalog.items())
    tables, blob = [], b""
    start = HEAD + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            tables += [len(pair[column]), start + len(blob)]
            blob += pair[column] + b"\0"
    count = len(pairs)
    head = struct.pack("<7I", MAGIC, 0, count, HEAD, HEAD + 8 * count, 0, start)
    return head + struct.pack(f"<{len(tables)}I", *tables) + blob
