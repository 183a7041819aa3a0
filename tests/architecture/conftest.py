"""The API's clients, for tests that walk all routes."""

from tests.api.conftest import api, nobody, stranger

__all__ = ["api", "nobody", "stranger"]
