"""Whatever the schema allows, and much that it does not: no operation crashes, and each answers as documented."""

from typing import Any

import pytest
import yaml
from django.db import connection
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient
from schemathesis.openapi import from_dict

from audiences.models import Store
from config.opaque import public_id
from config.reference import SCHEMA
from tests.api.clients import with_key
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory

# What reads has nothing to make up but an id; forms of files have tests of their own.
schema = from_dict(yaml.safe_load(SCHEMA.read_text())).include(method=["POST", "PATCH"]).exclude(path="/api/v1/imports")
ROWS = {
    "campaigns": lambda store: public_id(CampaignFactory.create(store=store, people=1).pk, kind="cmp"),
    "contacts": lambda store: public_id(ContactFactory.create(store=store).pk, kind="con"),
    "lists": lambda store: public_id(ContactListFactory.create(store=store).pk, kind="lst"),
}


@pytest.fixture
def patient(db: None) -> None:
    """Making up the first requests takes longer than a transaction may idle."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


@pytest.mark.usefixtures("patient")
@schema.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_operation_crashes(case: Any, store: Store) -> None:
    client = with_key(store)
    resource = case.path.split("/")[3]
    path = case.path.format(id=ROWS[resource](store)) if "{id}" in case.path else case.path

    answer = _send(client, case, path)

    documented = set(case.operation.definition.raw["responses"]) | {"404", "405", "415"}
    assert str(answer.status_code) in documented - {"500", "503"}, (answer.status_code, answer.content[:300])


def _send(client: APIClient, case: Any, path: str) -> Any:
    """The made-up request, by Django's own client; its id is replaced by that of a row."""
    content: dict[str, Any] = {"data": case.body, "format": "json"} if isinstance(case.body, (dict, list, str)) else {}
    headers = {name: value for name, value in (case.headers or {}).items() if value.isascii() and value.isprintable()}
    query = {name: str(value) for name, value in (case.query or {}).items()}
    return getattr(client, case.operation.method)(path, **content, query_params=query, headers=headers)
