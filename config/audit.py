"""Who did what to what: written by the services, in the transaction of the change itself."""

from typing import Any, NamedTuple

from config.models import AuditEvent


class Actor(NamedTuple):
    """Who acts: `user:<id>`, `key:<id>`, `staff:<id>`, `command:<name>`, `system`; and from which address.

    On public pages `contact:<id>` or `visitor`, without an address.
    """

    name: str
    ip: str | None = None

    def __str__(self) -> str:
        return self.name


SYSTEM = Actor("system")


def record(
    action: str, *, actor: Actor, subject: str, store_id: int | None = None, reason: str = "", **facts: Any
) -> None:
    """Append a line to the audit. `subject` is `<kind>:<id>`; `facts` must not hold phone numbers or texts."""
    AuditEvent.objects.create(
        store_id=store_id,
        actor=actor.name,
        action=action,
        subject=subject,
        reason=reason[:500],
        facts=facts,
        ip=actor.ip,
    )
