"""The layers hold: pytest alone is enough to know."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def test_apps_import_downwards_only() -> None:
    command = Path(sys.executable).parent / "lint-imports"

    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout[-3000:]
    assert "0 broken" in result.stdout
