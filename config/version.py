"""Which Heliograph this is: as pyproject.toml says, which a test compares."""

VERSION = "0.1.0"
