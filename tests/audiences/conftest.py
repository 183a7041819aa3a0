"""Fixtures of this room."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def local_dir(tmp_path: Path, settings: Any) -> Path:
    """A place of its own for uploads."""
    settings.LOCAL_DIR = tmp_path / "local"
    return tmp_path / "local"
