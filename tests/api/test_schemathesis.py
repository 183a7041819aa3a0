"""What Schemathesis makes of our document: no crash, no undocumented answer, no answer of another shape.

Streams, streamed exports and uploads are left out: they have tests of their own. Repeatable: the seed is fixed, and
printed with what was found.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.servers.basehttp import WSGIRequestHandler
from django.test.testcases import QuietWSGIRequestHandler
from pytest_django import Settings
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

from audiences.models import Store
from audiences.services.keys import issue_key
from billing.services import grant
from config.audit import SYSTEM
from config.reference import SCHEMA
from tests.api.rows import row_of
from tests.factories import ContactFactory, ContactListFactory

SEED = 20_260_329
COMMITTED: dict[str, Any] = yaml.safe_load(SCHEMA.read_text())
OPERATIONS = [
    (path, operation)
    for path, methods in COMMITTED["paths"].items()
    for operation in methods.values()
    if not path.endswith(("/events", ".csv")) and operation["operationId"] != "imports_create"
]
RESOURCES = sorted({path.split("/")[3] for path, _ in OPERATIONS})
# A body of the right shape may still be refused: no such phone, somebody else's id, a state that does not allow it.
REFUSED = ["2xx", "3xx", "400", "401", "402", "403", "404", "409", "413", "422"]
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
# Hundreds of requests each: a machine that is shared takes minutes for a resource.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def key(transactional_db: None, settings: Settings, tmp_path: Path, store: Store) -> str:
    """A key that may do everything in a store with people, a list and credits."""
    settings.LOCAL_DIR = tmp_path
    ContactListFactory.create(store=store, contacts=ContactFactory.create_batch(3, store=store))
    grant(store_id=store.pk, amount=1_000_000, key="grant:test", label="For the test", actor=SYSTEM)
    return issue_key(store=store, name="test", scopes=("read", "send", "admin"), actor=SYSTEM).plain


@pytest.fixture
def url(key: str, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A server that sends its answers at once instead of waiting 40 ms for more to send."""
    assert issubclass(QuietWSGIRequestHandler, WSGIRequestHandler)
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    return str(live_server.url)


def findings(url: str, *, key: str, phases: set[str], operations: list[dict[str, Any]]) -> list[str]:
    """Everything that Schemathesis holds against us, each with the call that shows it."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "workers": 1,
            "headers": {"Authorization": f"Bearer {key}"},
            "continue-on-failure": True,
            "generation": {"deterministic": True, "database": "none", "no-shrink": True, "max-examples": 4},
            "checks": {"positive_data_acceptance": {"expected-statuses": REFUSED}},
            "phases": {
                **{name: {"enabled": name in phases} for name in PHASES},
                "coverage": {"enabled": "coverage" in phases, "unexpected-methods": ["PUT"]},
                "stateful": {
                    "enabled": "stateful" in phases,
                    "max-steps": 8,
                    "generation": {"max-examples": 25, "mode": "positive"},
                },
            },
            "operations": operations,
        }
    )
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/schema", config=config)
    return list(_told(from_schema(schema).execute()))


def _told(stream: Any) -> Iterator[str]:
    for event in stream:
        if isinstance(event, events.NonFatalError | events.FatalError):
            yield str(event)
        if isinstance(event, events.ScenarioFinished):
            yield from _failures(event)


def _failures(event: Any) -> Iterator[str]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            if check.status == Status.FAILURE:
                label = event.recorder.cases[case_id].value.operation.label
                found = check.failure_info
                yield f"{event.phase.value} {check.name} {label}: {found.failure.message}\n{found.code_sample}"


def left_out(kept: list[str]) -> list[dict[str, Any]]:
    """The settings that leave out all operations but these."""
    every = [operation["operationId"] for methods in COMMITTED["paths"].values() for operation in methods.values()]
    return [{"include-operation-id": name, "enabled": False} for name in every if name not in kept]


def named(store: Store, path: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings that let an operation find a row of its own: most ids that one makes up lead nowhere."""
    if "{id}" not in path:
        return []
    pattern = next(each["schema"]["pattern"] for each in operation["parameters"] if each["name"] == "id")
    row = row_of(store, pattern.lstrip("^(")[:3])
    return [{"include-operation-id": operation["operationId"], "parameters": {"path.id": row}}]


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_operation_keeps_to_the_document(resource: str, url: str, key: str, store: Store) -> None:
    mine = [(path, operation) for path, operation in OPERATIONS if path.split("/")[3] == resource]
    rows = [setting for path, operation in mine for setting in named(store, path, operation)]
    others = left_out([operation["operationId"] for _, operation in mine])

    found = findings(url, key=key, phases=PHASES - {"stateful"}, operations=[*others, *rows])

    assert found == [], f"seed {SEED}\n" + "\n\n".join(found)


def test_what_the_links_lead_to_keeps_to_the_document(url: str, key: str) -> None:
    others = left_out([operation["operationId"] for _, operation in OPERATIONS])

    found = findings(url, key=key, phases={"stateful"}, operations=others)

    assert found == [], f"seed {SEED}\n" + "\n\n".join(found)
