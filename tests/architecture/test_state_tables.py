"""One table per machine: the database's CHECK and trigger allow exactly its moves, and docs/states.md is drawn from it.

`WRITE_DOCS=1 pytest tests/architecture/test_state_tables.py` draws the page anew.
"""

import os
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils import timezone

from audiences.models import OptInRequest, Store
from audiences.states import IMPORT, OPT_IN
from billing.models import CreditReservation, Package, Payment
from billing.states import PAYMENT, RESERVATION
from campaigns.models import Campaign, CampaignRecipient, SendBatch
from campaigns.states import BATCH, CAMPAIGN, RECIPIENT
from config.statemachine import Machine
from messaging.models import InboundMessage, WebhookDelivery
from messaging.states import ANSWER, DELIVERY, REVIEW
from tests.architecture.source import ROOT
from tests.factories import ContactFactory, CreditAccountFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db
GUARDED: dict[str, tuple[Machine, type[Model]]] = {
    "campaign": (CAMPAIGN, Campaign),
    "batch": (BATCH, SendBatch),
    "reservation": (RESERVATION, CreditReservation),
    "payment": (PAYMENT, Payment),
    "delivery": (DELIVERY, WebhookDelivery),
    "opt-in": (OPT_IN, OptInRequest),
    "review": (REVIEW, InboundMessage),
}
MACHINES = (CAMPAIGN, BATCH, RECIPIENT, RESERVATION, PAYMENT, IMPORT, DELIVERY, OPT_IN, REVIEW, ANSWER)
PAGE = ROOT / "docs" / "states.md"
SOURCES = [(name, source) for name, (machine, _) in GUARDED.items() for source in machine.states]


def columns(name: str, state: str, store: Store) -> dict[str, Any]:
    """A row that satisfies every other constraint in any state, as columns."""
    account = CreditAccountFactory.create(store=store)
    now = timezone.now()
    if name == "reservation":
        closed = {"amount": 0, "closed_at": now} if state == "closed" else {"amount": 0}
        return {"account": account, "key": f"test:{timezone.now().timestamp()}", "label": "Test", **closed}
    if name == "batch":
        return {"store": store, "campaign_id": 1, "reservation_id": 1, "size": 1, "parts": 1}
    if name == "review":
        return {"store": store, "account_id": 1, "dedupe": f"test:{now.timestamp()}"}
    if name == "payment":
        package = Package.objects.create(name="Credits", credits=1, price_cents=5)
        price = {"credits": 1, "amount_cents": 5, "currency": "EUR", "paid_at": now}
        return {"store": store, "kind": "package", "package": package, "actor": "system", **price}
    if name == "delivery":
        endpoint = WebhookEndpointFactory.create(store=store)
        return {"endpoint": endpoint, "store_id": store.pk, "event": "credits.low", "data": {}, "happened_at": now}
    if name == "opt-in":
        contact = ContactFactory.create(store=store)
        return {"store": store, "contact": contact, "phone_hash": b"1" * 16, "expires_at": now}
    hold = CreditReservation.objects.create(account=account, key=f"test:{now.timestamp()}", label="Test", amount=0)
    return {"store": store, "audience": {"kind": "all"}, "reservation": hold, "send_at": now}


def may_move(model: type[Model], pk: int, column: str, target: str) -> bool:
    """Whether the database lets a plain UPDATE through; what it did is undone."""
    more = {"closed_at": timezone.now()} if target == "closed" else {}
    try:
        with transaction.atomic():
            model._default_manager.filter(pk=pk).update(**{column: target}, **more)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return "illegal move" not in str(error)  # another constraint's refusal would not be the table's
    return True


@pytest.mark.parametrize(("name", "source"), SOURCES)
def test_the_database_allows_exactly_the_moves_of_the_table(name: str, source: str, store: Store) -> None:
    machine, model = GUARDED[name]
    row = model._default_manager.create(**{machine.column: source}, **columns(name, source, store))

    allowed = {target for target in machine.states if may_move(model, row.pk, machine.column, target)}

    assert allowed == {source} | {target for start, target in machine.pairs() if start == source}


@pytest.mark.parametrize("name", sorted(GUARDED))
def test_a_state_that_is_not_in_the_table_cannot_be_stored(name: str, store: Store) -> None:
    machine, model = GUARDED[name]

    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.create(**{machine.column: "lost"}, **columns(name, machine.states[0], store))

    assert not model._default_manager.filter(**{machine.column: "lost"}).exists()


def test_a_recipients_state_is_checked_too(store: Store) -> None:
    with pytest.raises(IntegrityError, match="recipient_status"), transaction.atomic():
        CampaignRecipient.objects.create(store=store, campaign_id=1, batch_id=1, status="lost", parts=1, credits=1)


def test_every_move_is_between_known_states() -> None:
    for machine in MACHINES:
        for event, move in machine.moves.items():
            assert {*move.sources, move.target} <= set(machine.states), (machine.name, event)


def test_every_state_can_be_reached() -> None:
    for machine in MACHINES:
        targets = {machine.states[0], *(target for _, target in machine.pairs())}
        assert targets == set(machine.states), machine.name


def test_the_triggers_are_those_that_the_tables_would_make_now() -> None:
    for machine, model in GUARDED.values():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s", [f"{table}_moves"])
            [(definition,)] = cursor.fetchall()
        for source, target in machine.pairs():
            assert f"'{source}'" in definition
            assert f"'{target}'" in definition


def drawn() -> str:
    """docs/states.md as it should be."""
    parts = [
        "# States",
        "Drawn from `states.py` of `campaigns`, `billing`, `audiences` and `messaging`; a test compares them. CHECK",
        "constraints and, but for recipient and import, a trigger keep everybody to these moves.",
    ]
    text = f"{parts[0]}\n\n{parts[1]}\n{parts[2]}\n"
    for machine in MACHINES:
        text += f"\n## {machine.name.capitalize()}\n\n```mermaid\n{machine.mermaid()}\n```\n"
    return text


def test_the_diagrams_are_drawn_from_the_tables() -> None:
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(drawn())

    assert PAGE.read_text() == drawn()
