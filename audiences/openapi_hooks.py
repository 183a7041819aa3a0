"""What the whole API document says beyond single operations: examples, links, rate limits, shared answers.

Hooks of drf-spectacular: each takes the document as a dict and returns it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from audiences.openapi_examples import example_of
from config.problems import MEDIA_TYPE

Json = dict[str, Any]
JSON = "application/json"
RATE_HEADERS: Json = {
    "RateLimit-Policy": {
        "description": "The quotas that the request counts against: requests `q` in any `w` seconds.",
        "schema": {"type": "string"},
        "example": '"general";q=100;w=60',
    },
    "RateLimit": {
        "description": "What is left of each: `r` requests, and more in `t` seconds.",
        "schema": {"type": "string"},
        "example": '"general";r=97;t=12',
    },
}
RETRY_AFTER: Json = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}, "example": 12}


class Operation(NamedTuple):
    """One operation of the document."""

    path: str
    method: str
    said: Json

    @property
    def good(self) -> dict[str, Json]:
        """Its answers of success by status."""
        return {status: answer for status, answer in self.said["responses"].items() if status.startswith("2")}


def operations(result: Json) -> Iterator[Operation]:
    """Every operation of the document."""
    for path, methods in result["paths"].items():
        for method, said in methods.items():
            yield Operation(path, method, said)


def show_rates(result: Json, **_: Any) -> Json:
    """What is left of the quotas stands on each answer that counted."""
    result["components"]["headers"] = {**RATE_HEADERS, "Retry-After": RETRY_AFTER}
    shown = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    retry = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    for operation in operations(result):
        if "429" not in operation.said["responses"]:
            continue
        for answer in operation.good.values():
            answer["headers"] = {**answer.get("headers", {}), **shown}
        operation.said["responses"]["429"]["headers"] = {**shown, **retry}
    return result


def show_subsets(result: Json, **_: Any) -> Json:
    """Where `fields` narrows an answer, the answer may also be a subset of the thing: no member is certain then."""
    schemas = result["components"]["schemas"]
    for operation in operations(result):
        if not any(each["name"] == "fields" for each in operation.said.get("parameters", [])):
            continue
        for answer in operation.good.values():
            _allow_subset(answer["content"][JSON], schemas)
    return result


def _allow_subset(content: Json, schemas: Json) -> None:
    whole = content["schema"]
    page = schemas.get(_name(whole), {}).get("properties", {}).get("results")
    if page:
        if "anyOf" not in page["items"]:
            page["items"] = _or_subset(page["items"], schemas)
    else:
        content["schema"] = _or_subset(whole, schemas)


def _or_subset(whole: Json, schemas: Json) -> Json:
    name = f"{_name(whole)}Subset"
    thing = schemas[_name(whole)]
    schemas[name] = {
        "type": "object",
        "description": "The members that `fields` asked for.",
        "properties": thing["properties"],
        "additionalProperties": False,
    }
    return {"anyOf": [whole, {"$ref": f"#/components/schemas/{name}"}]}


def _name(reference: Json) -> str:
    return str(reference.get("$ref", "")).rpartition("/")[2]


def show_examples(result: Json, **_: Any) -> Json:
    """An example for each body that has none, made of samples by the names of its members."""
    schemas = result["components"]["schemas"]
    for operation in operations(result):
        resource = operation.path.split("/")[3]
        bodies = [operation.said.get("requestBody", {}), *operation.good.values()]
        for content in [body["content"][JSON] for body in bodies if JSON in body.get("content", {})]:
            if "examples" not in content:
                content["example"] = example_of(content["schema"], schemas=schemas, resource=resource)
    return result


def link(result: Json, **_: Any) -> Json:
    """Say which operations take the id that an answer holds: whoever makes or lists something can go on with it."""
    every = list(operations(result))
    for operation in every:
        targets = [each for each in every if each.path.startswith(operation.path + "/{id}")]
        for answer in operation.good.values():
            found = _id_in(answer, result["components"]["schemas"])
            if found and targets:
                answer["links"] = {each.said["operationId"]: _to(each, found) for each in targets}
    quoted = {each.said["operationId"]: each for each in every}
    if {"campaigns_quote", "campaigns_enqueue"} <= set(quoted):
        quoted["campaigns_quote"].said["responses"]["200"]["links"] = {
            "campaigns_enqueue": {
                "operationId": "campaigns_enqueue",
                "parameters": {"id": "$request.path.id"},
                "requestBody": {"quote_id": "$response.body#/id"},
                "description": "Send for this price.",
            }
        }
    return result


def _id_in(answer: Json, schemas: Json) -> str:
    """Where an answer holds an id of its resource; empty when it does not."""
    shape = schemas.get(_name(answer.get("content", {}).get(JSON, {}).get("schema", {})), {}).get("properties", {})
    if "results" in shape:
        return "$response.body#/results/0/id"
    return "$response.body#/id" if "id" in shape else ""


def _to(target: Operation, expression: str) -> Json:
    return {"operationId": target.said["operationId"], "parameters": {"id": expression}}


def share_problems(result: Json, **_: Any) -> Json:
    """Write each problem answer once, under components, and refer to it."""
    shared: Json = result["components"].setdefault("responses", {})
    for operation in operations(result):
        for status, answer in operation.said["responses"].items():
            if MEDIA_TYPE in answer.get("content", {}):
                name = f"{status}_{'_'.join(answer['content'][MEDIA_TYPE]['examples'])}"
                shared[name] = answer
                operation.said["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return result
