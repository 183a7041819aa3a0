"""Every text of the console that is to be translated, found in its templates, its code, and the API's own words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from audiences.segments.registry import SYSTEM
from campaigns import forecast, meanings
from messaging.watching import dashboard
from tests.architecture.source import ROOT

CALLS = {"_", "gettext", "gettext_lazy"}
IN_TEMPLATE = re.compile(r"""(?:gettext|_)\(u?((?:'(?:[^'\\]|\\.)*')|(?:"(?:[^"\\]|\\.)*"))\)""")


def all_texts() -> set[str]:
    """The texts of the console."""
    return {*of_templates(), *of_code(), *of_the_api()}


def of_templates() -> Iterator[str]:
    for path in sorted((ROOT / "templates" / "console").rglob("*")):
        if path.is_file():
            for text in IN_TEMPLATE.findall(templatize(path.read_text())):
                yield ast.literal_eval(text)


def of_code() -> Iterator[str]:
    places = [*(ROOT / "messaging" / "console").glob("*.py"), ROOT / "messaging" / "templatetags" / "console.py"]
    for path in places:
        yield from calls(path)


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text))]) if name in CALLS:
                yield text


def of_the_api() -> Iterator[str]:
    """What pages show of the API's answers by the filter `said`."""
    for meaning in (*meanings.FAILURES.values(), *meanings.SKIPS.values()):
        yield from meaning
    yield from meanings.STATUSES.values()
    yield from meanings.BATCHES.values()
    yield from meanings.EVENTS.values()
    yield from forecast.REASONS.values()
    for segment in SYSTEM.values():
        yield from filter(None, (segment.name, segment.description))
    for node in ast.walk(ast.parse(Path(dashboard.__file__).read_text())):
        match node:
            case ast.Call(func=ast.Name(id="Alert"), args=[_, _, ast.Constant(value=str(text)), *_]):
                yield text
