"""The form of a segment: sent as a browser would send it, and read as a person would."""

import re
from typing import Any

from django.test import Client

from audiences.models import Segment, Store
from tests.factories import api_id

RULE: dict[str, Any] = {"k-0": "and", "k-1": "rule", "p-1": "0"}
WOMEN: dict[str, Any] = {**RULE, "r-1": "gender:is", "v-1": ["female"]}


def sent(browser: Client, path: str, store: Store, do: str = "save", **typed: Any) -> Any:
    """The answer to the form of a segment."""
    said = {"store": api_id(store), "name": "Regulars", "description": "", "do": do, **typed}
    return browser.post(path, said)


def address(segment: Segment) -> str:
    return f"/segments/{api_id(segment)}"


def chosen(body: str) -> list[tuple[str, str]]:
    """(number, `rule:operator`) of every rule of the form."""
    selects = re.findall(r'<select id="r-(\d+)"(.*?)</select>', body, re.DOTALL)
    found = [(one, re.search(r'<option value="([^"]*)" selected', options)) for one, options in selects]
    return [(one, match[1] if match else "") for one, match in found]


def told(body: str) -> dict[str, str]:
    """What is said beside each rule, by its number."""
    found = re.findall(r'id="told-(\d+)"><span[^>]*>([^<]*)<', body)
    return dict(found)


def typed(body: str) -> dict[str, Any]:
    """What a browser would send of the rules that are drawn."""
    rules = body[body.index('id="rules"') : body.index('id="faults"')]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", rules):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(value[1] if value else "on")
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', rules, re.DOTALL):
        selected = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = [selected[1] if selected else ""]
    return found
