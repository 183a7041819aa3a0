"""What staff changes about routes: made, changed, stopped, taken away; an account let wait or called back."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from config.audit import Actor, record
from config.problems import Conflict, NotFound, invalid
from config.queues import Task, enqueue
from messaging.models import ProviderAccount, Route
from messaging.routes import health

EDITABLE = ("store", "country", "account", "rank", "weight")


def create_route(*, values: Mapping[str, Any], actor: Actor) -> Route:
    """A new route, active at once; `values`: all of EDITABLE. Raises InvalidFields, Conflict for one that is there."""
    row = Route(**_checked(values))
    try:
        with transaction.atomic():
            [made] = Route.objects.bulk_create([row])
            record("route.create", actor=actor, subject=f"route:{made.pk}", store_id=made.store_id, **_facts(made))
            enqueue(Task.SEND_NEXT, copies=4)
    except IntegrityError:
        raise Conflict("There is this route already.") from None
    return made


def change_route(*, route_id: int, values: Mapping[str, Any], actor: Actor) -> None:
    """Change some of EDITABLE; in force from the next batch on. Raises NotFound, InvalidFields, Conflict."""
    changed = _checked(values)
    try:
        with transaction.atomic():
            row = _locked(route_id)
            Route.objects.filter(pk=route_id).update(**changed, updated_at=timezone.now())
            subject = f"route:{route_id}"
            record("route.edit", actor=actor, subject=subject, store_id=row.store_id, fields=sorted(changed))
    except IntegrityError:
        raise Conflict("There is this route already.") from None


def set_active(*, route_id: int, active: bool, actor: Actor, reason: str) -> None:
    """Stop a route, or use it again. Raises NotFound, and Conflict when it is so already."""
    status = "active" if active else "stopped"
    with transaction.atomic():
        row = _locked(route_id)
        if row.status == status:
            raise Conflict(f"The route is {status} already.")
        Route.objects.filter(pk=route_id).update(
            status=status, status_reason="" if active else reason[:200], updated_at=timezone.now()
        )
        action = "activate" if active else "stop"
        subject, facts = f"route:{route_id}", {"before": row.status, "after": status}
        record(f"route.{action}", actor=actor, subject=subject, store_id=row.store_id, reason=reason, **facts)
        if active:
            enqueue(Task.SEND_NEXT, copies=4)


def remove_route(*, route_id: int, actor: Actor, reason: str) -> None:
    """Take a route away. Raises NotFound."""
    with transaction.atomic():
        row = _locked(route_id)
        record(
            "route.remove",
            actor=actor,
            subject=f"route:{route_id}",
            store_id=row.store_id,
            reason=reason,
            **_facts(row),
        )
        Route.objects.filter(pk=route_id).delete()


def let_wait(*, account: ProviderAccount, actor: Actor, reason: str) -> None:
    """Let other accounts go first for a while. Raises Conflict when they do already."""
    if not health.move_away(account, reason=reason, actor=actor):
        raise Conflict("Other accounts go first already.")


def call_back(*, account: ProviderAccount, actor: Actor, reason: str) -> None:
    """Use an account again before its time is over. Raises Conflict when it is not away."""
    if not health.move_back(account, reason=reason, actor=actor):
        raise Conflict("It is not away.")


def _locked(route_id: int) -> Route:
    row = Route.objects.select_for_update(no_key=True).filter(pk=route_id).first()
    if row is None:
        raise NotFound
    return row


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    for name in values:
        if name not in EDITABLE:
            raise invalid(f"/{name}", "There is no such field.", code="unknown_field")
    checked = dict(values)
    country = checked.get("country", "")
    if country and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise invalid("/country", "Two capital letters (ISO 3166), or nothing for every country.")
    for name in ("rank", "weight"):
        if name in checked and not 1 <= checked[name] <= 1000:
            raise invalid(f"/{name}", "From 1 to 1000.")
    return checked


def _facts(route: Route) -> dict[str, Any]:
    return {"account": route.account_id, "country": route.country, "rank": route.rank, "weight": route.weight}
