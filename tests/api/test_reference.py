"""The committed schema is the code's, says every problem, and its page needs nothing from elsewhere."""

import re
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from config.reference import SCHEMA

COMMITTED: dict[str, Any] = yaml.safe_load(SCHEMA.read_text())
OPERATIONS = [
    (f"{method} {path}", operation)
    for path, methods in COMMITTED["paths"].items()
    for method, operation in methods.items()
]


def test_the_committed_schema_is_the_codes() -> None:
    drawn = SchemaGenerator().get_schema(request=None, public=True)

    assert OpenApiYamlRenderer().render(drawn).decode() == SCHEMA.read_text(), (
        "run: python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


def test_the_schema_is_valid_openapi_3_1() -> None:
    validate_schema(COMMITTED)

    assert COMMITTED["openapi"] == spectacular_settings.OAS_VERSION == "3.1.1"


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]

    assert len(set(names)) == len(names) > 30
    assert {"store_retrieve", "campaigns_enqueue", "campaigns_quote_draft", "contacts_opt_out", "keys_create"} <= set(
        names
    )


@pytest.mark.parametrize("operation", [pytest.param(operation, id=name) for name, operation in OPERATIONS])
def test_each_operation_says_what_it_does_and_refuses(operation: dict[str, Any]) -> None:
    assert len(operation["description"]) > 20
    assert {"401", "403", "500", "503"} <= set(operation["responses"])


def bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What an operation takes and gives as JSON."""
    good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    found = [body.get("content", {}) for body in (operation.get("requestBody", {}), *good)]
    return [content["application/json"] for content in found if "application/json" in content]


@pytest.mark.parametrize("operation", [pytest.param(operation, id=name) for name, operation in OPERATIONS])
def test_each_body_has_an_example_that_is_one(operation: dict[str, Any]) -> None:
    for body in bodies(operation):
        examples = [each["value"] for each in body.get("examples", {}).values()] or [body["example"]]
        schema = {**body["schema"], "components": COMMITTED["components"]}
        for example in examples:
            Draft202012Validator(schema).validate(example)


def test_each_operation_but_the_probes_says_its_quota() -> None:
    unlimited = [name for name, operation in OPERATIONS if "429" not in operation["responses"]]

    streams = ["get /api/v1/campaigns/{id}/events", "get /api/v1/store/events"]
    assert sorted(unlimited) == sorted([*streams, "get /api/v1/jobs/health"])


def test_what_is_made_or_listed_leads_on() -> None:
    made = COMMITTED["paths"]["/api/v1/campaigns"]["post"]["responses"]["201"]["links"]
    listed = COMMITTED["paths"]["/api/v1/contacts"]["get"]["responses"]["200"]["links"]
    priced = COMMITTED["paths"]["/api/v1/campaigns/{id}/quote"]["get"]["responses"]["200"]["links"]

    assert made["campaigns_enqueue"]["parameters"] == {"id": "$response.body#/id"}
    assert listed["contacts_retrieve"]["parameters"] == {"id": "$response.body#/results/0/id"}
    assert priced["campaigns_enqueue"]["requestBody"] == {"quote_id": "$response.body#/id"}


def test_enqueue_names_its_refusals() -> None:
    answers = COMMITTED["paths"]["/api/v1/campaigns/{id}/enqueue"]["post"]["responses"]
    said = yaml.safe_dump(
        [
            COMMITTED["components"]["responses"][ref["$ref"].rpartition("/")[2]]
            for ref in answers.values()
            if "$ref" in ref
        ]
    )

    for name in ["NO_RECIPIENTS", "INSUFFICIENT_CREDITS", "ALREADY_SENDING", "QUOTE_CHANGED", "IDEMPOTENCY_MISMATCH"]:
        assert f"`{name}`" in said


def test_the_schema_is_served_to_everybody(nobody: APIClient) -> None:
    answer = nobody.get("/api/v1/schema")

    assert answer.content == SCHEMA.read_bytes()


def test_the_documentation_loads_only_files_of_ours(nobody: APIClient) -> None:
    answer = nobody.get("/api/v1/docs")
    page = answer.content.decode()

    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(files) == 5
    assert all(finders.find(file) for file in files)
    assert "https://" not in page
    assert not re.search(r"<style|<script>|style=|onclick=", page)
    assert "unsafe" not in answer["Content-Security-Policy"]
