"""Reads the Procfile and makes commands of its lines, without a shell."""

import re
import shlex
from collections.abc import Mapping

LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)")


class ProcfileError(Exception):
    """A line that cannot be read, a name given twice, or a variable that is neither set nor has a default."""


def parse(text: str) -> dict[str, str]:
    """Return the command lines by process name, in the order of the file."""
    lines: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if not found:
            raise ProcfileError(f"line {number} is not `name: command`: {line}")
        name, command = found.groups()
        if name in lines:
            raise ProcfileError(f"line {number} names {name} a second time")
        lines[name] = command
    return lines


def command(line: str, *, env: Mapping[str, str]) -> list[str]:
    """Split a command line into words and put the variables in.

    $NAME, ${NAME} and ${NAME:-default} mean what they mean in a shell, except that a value is never split again:
    a path with spaces stays one word. As in a shell, an empty value counts as unset before `:-`.
    """
    return [VARIABLE.sub(lambda found: _value(found, env=env), word) for word in shlex.split(line)]


def _value(found: re.Match[str], *, env: Mapping[str, str]) -> str:
    name = found[1] or found[3]
    if found[2] is not None:
        return env.get(name) or found[2]
    if name not in env:
        raise ProcfileError(f"${name} is not set")
    return env[name]
