"""The rules of this app. `register()` is called once, when the app is ready."""

from audiences.segments import registry
from audiences.segments.rules import belonging, columns, custom, dates

__all__ = ["register"]


def register() -> None:
    """Add the rules about contacts, and the system segments made of them."""
    registry.register(*columns.RULES, *dates.RULES, *belonging.RULES)
    for kind, make in custom.MAKERS.items():
        registry.register_custom(kind, make)
