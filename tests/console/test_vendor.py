"""Files of others that we hand out: they are what their packages had, and come with their licence."""

import hashlib
import re

from tests.architecture.source import ROOT

VENDOR = ROOT / "messaging" / "static" / "console" / "vendor"


def test_every_file_is_the_one_that_was_written_down() -> None:
    written = dict(re.findall(r"^\| `([\w.]+)` \| `([0-9a-f]{64})`", (VENDOR / "README.md").read_text(), re.MULTILINE))
    files = {path.name: path for path in VENDOR.iterdir() if path.suffix in {".js", ".css"}}

    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == written
    assert "MIT" in (VENDOR / "LICENSE").read_text()


def test_nothing_of_them_needs_a_looser_policy() -> None:
    text = (VENDOR / "uplot.js").read_text()

    assert re.findall(r"\beval\(|new Function|setAttribute\(.style|sourceMappingURL", text) == []
