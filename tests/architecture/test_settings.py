"""Every setting is described in docs/settings.md with its default, and nothing else is."""

import re

from tests.architecture.source import ROOT

# Settings of a subject may have a file of their own, which config/settings.py takes over.
SOURCES = [path.read_text() for path in sorted((ROOT / "config").glob("*.py"))]
CODE = "".join(text for text in SOURCES if "environ.Env" in text)
PAGE = (ROOT / "docs" / "settings.md").read_text()
OF_PROCESSES = PAGE.index("## Processes")
OF_LAUNCHER = PAGE.index("## `bin/demo` and `bin/test`")
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| .+ \|$", re.MULTILINE)
READ = re.compile(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"(?:,\s*default=([^)]*?))?,?\s*\)', re.DOTALL)
NUMBER = re.compile(r"[\d_. *]+$")


def described(text: str) -> dict[str, str]:
    return dict(ROW.findall(text))


def test_what_the_settings_read_is_what_the_page_describes() -> None:
    read = {name for name, _ in READ.findall(CODE)} | set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', CODE))

    assert set(described(PAGE[:OF_PROCESSES])) == read


def test_numbers_and_switches_have_the_default_that_the_page_says() -> None:
    defaults = described(PAGE)
    wrong = {}
    for name, default in READ.findall(CODE):
        if NUMBER.match(default):
            value = str(eval(default))
        elif default in {"True", "False"}:
            value = str(int(default == "True"))
        else:
            continue
        if not defaults[name].startswith(f"`{value}`"):
            wrong[name] = value

    assert wrong == {}


def test_what_the_processes_read_is_described_too() -> None:
    sources = (ROOT / "Procfile").read_text() + (ROOT / "config" / "gunicorn.py").read_text()
    read = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", sources)) | dict(
        re.findall(r"environ\.get\([\"']([A-Z_]+)[\"'], [\"']([^\"']+)[\"']\)", sources)
    )
    read.pop("LOCAL_DIR")  # the settings read it as well

    assert described(PAGE[OF_PROCESSES:OF_LAUNCHER]) == {name: f"`{default}`" for name, default in read.items()}


def test_what_the_launcher_reads_is_described_too() -> None:
    sources = "".join(file.read_text() for file in (ROOT / "bin" / "launcher").glob("*.py"))

    assert set(described(PAGE[OF_LAUNCHER:])) == set(re.findall(r"environ\.get\(\"(HELIOGRAPH_[A-Z_]+)\"\)", sources))
