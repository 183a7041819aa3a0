"""Makes sure of a recent Python. Older Pythons must be able to read this file, so its syntax stays plain."""

import os
import shutil
import sys

OLDEST = (3, 11)
NAMES = ("python3.13", "python3.12", "python3.11")


def ensure_recent() -> None:
    """Return under Python 3.11 or newer; else start the script again with the first that is installed, or exit."""
    if sys.version_info >= OLDEST:
        return
    for name in NAMES:
        if shutil.which(name):
            os.execvp(name, [name, *sys.argv])
    sys.exit(f"Heliograph needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
