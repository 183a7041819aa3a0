from collections.abc import Iterator

import pytest

pytest.register_assert_rewrite("tests.providers.contract", "tests.providers.contract_evidence")

from tests.providers.scripted import ScriptedServer, scripted_server  # noqa: E402 (asserts are rewritten at import)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running
