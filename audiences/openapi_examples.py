"""Examples for the API document: samples by the name of a member, else by its type."""

import re
from typing import Any

Json = dict[str, Any]
MOMENT = "2026-03-29T09:30:00Z"
ID = "afpzgdmglf3rzstb5aypn6wv4e"  # as long as ours are; it names nothing
NAMES = {
    "stores": "Corner Shop",
    "store": "Corner Shop",
    "lists": "Newsletter",
    "segments": "Women in their twenties",
    "api-keys": "Web shop",
}
SAMPLES: Json = {
    "message": "Hello {{first_name|there}}, this weekend everything is 20 % off.",
    "phone": "+306900000000",
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Byron",
    "slug": "corner-shop",
    "sender": "CornerShop",
    "country": "GR",
    "currency": "EUR",
    "language": "el",
    "time_zone": "Europe/Athens",
    "birthday": "1990-12-10",
    "links_base_url": "https://l.example.org",
    "actor": f"user:usr_{ID}",
    "created_by": f"user:usr_{ID}",
    "subject": f"campaign:cmp_{ID}",
    "action": "campaign.launch",
    "prefix": "k3v9x0q2w7ab",
    "key": "hg_live_k3v9x0q2w7ab_…",
    "source": "checkout",
    "consent_source": "checkout",
    "evidence": {"form": "https://shop.example/sign-up"},
    "consent_evidence": {"form": "https://shop.example/sign-up"},
    "custom_fields": {"shoe_size": "number"},
    "fields": {"shoe_size": 43},
    "audience": {"list": f"lst_{ID}"},
    "rules": {"and": [{"rule": "gender", "is": "female"}, {"rule": "age", "between": [20, 29]}]},
    "facts": {},
    "ip": "198.51.100.7",
    "file_name": "contacts.csv",
    "encoding": "utf-8",
    "delimiter": ";",
    "mapping": {"Mobile": "phone"},
    "reason": "asked by the customer",
    "error": "",
    "error_code": "",
    "error_class": "",
    "parts_histogram": {"1": 9000, "2": 412},
    "exclusions": {"opted_out": 12},
    "failed_by_class": {"invalid_number": 3},
    "undelivered_by_class": {"unreachable": 5},
    "skipped_by_reason": {"opted_out": 1},
    "next": None,
    "recipients": 9412,
    "parts": 9874,
    "credits": 9874,
    "credits_held": 9874,
}
PUBLIC = re.compile(r"\^([a-z]{3})_\[")
NUMBERS = {"integer": 1, "number": 1.5}


def example_of(schema: Json, *, schemas: Json, resource: str, name: str = "") -> Any:
    """A value that the schema allows, for a person to read.

    `resource`: the first word of the path, by which a `name` is chosen; `name`: the member that it stands for.
    """
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for word in ("allOf", "anyOf", "oneOf"):
        if word in schema and "properties" not in schema:
            return example_of(_first(schema[word]), schemas=schemas, resource=resource, name=name)
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return _first_said(schema["enum"])
    if name in SAMPLES and _fits(SAMPLES[name], schema):
        return SAMPLES[name]
    if "properties" in schema:
        members = schema["properties"].items()
        return {key: example_of(each, schemas=schemas, resource=resource, name=key) for key, each in members}
    return _by_type(schema, schemas=schemas, resource=resource, name=name)


def _by_type(schema: Json, *, schemas: Json, resource: str, name: str) -> Any:
    kind = _type(schema)
    if kind == "array":
        return [example_of(schema["items"], schemas=schemas, resource=resource, name=name)]
    if kind == "object":
        inside = schema.get("additionalProperties")
        return {"example": example_of(inside, schemas=schemas, resource=resource)} if inside else {}
    if kind == "boolean":
        return bool(schema.get("default", False))
    if kind in NUMBERS:
        return schema.get("default", max(NUMBERS[kind], schema.get("minimum", 0)))
    return _text(schema, resource=resource, name=name)


def _text(schema: Json, *, resource: str, name: str) -> Any:
    if schema.get("format") == "date-time":
        return MOMENT
    if schema.get("format") == "time":
        return "21:00:00"
    if "pattern" in schema and (public := PUBLIC.match(schema["pattern"])):
        return f"{public[1]}_{ID}"
    if name == "name":
        return NAMES.get(resource, "Spring sale")
    return schema.get("default", name or "example")


def _type(schema: Json) -> str:
    said = schema.get("type", "object")
    return str(next((each for each in said if each != "null"), "null")) if isinstance(said, list) else str(said)


def _fits(sample: Any, schema: Json) -> bool:
    said = schema.get("type", "object")
    types = said if isinstance(said, list) else [said]
    if sample is None:
        return "null" in types
    return {str: "string", int: "integer"}.get(type(sample), "object") in types


def _first(choices: list[Json]) -> Json:
    return next((each for each in choices if each.get("type") != "null"), choices[0])


def _first_said(values: list[Any]) -> Any:
    """The first value that says something."""
    return next((value for value in values if value), values[0])
