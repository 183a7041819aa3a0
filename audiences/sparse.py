"""`?fields=id,name`: only these members of what is read."""

from typing import Any

from rest_framework.request import Request

from config.problems import invalid


def narrow(serializer: Any, request: Request) -> None:
    """Leave of a serializer's fields those that the query names. Raises InvalidFields for a name that there is not."""
    text = request.query_params.get("fields")
    if text is None:
        return
    fields = getattr(serializer, "child", serializer).fields
    wanted = set(text.split(","))
    if unknown := sorted(wanted - set(fields)):
        raise invalid("/fields", f"Some of: {', '.join(fields)}; not {', '.join(unknown)}.", code="unknown_field")
    for name in set(fields) - wanted:
        fields.pop(name)
