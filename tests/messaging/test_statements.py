"""How many statements receipts take, whatever their number: in the webhook and in the drain."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.models import ProviderAccount
from messaging.receipts import inbox
from messaging.receipts.apply import apply_some
from messaging.sending.settle import settle
from providers.interface import Receipt
from tests.steps import claimed, launched, marked, settlement

pytestmark = pytest.mark.django_db


def statements(call: Callable[[], Any]) -> int:
    """Those that travel to the database; savepoints are the tests' own."""
    with CaptureQueriesContext(connection) as asked:
        call()
    return len([query for query in asked if "SAVEPOINT" not in query["sql"]])


@pytest.mark.parametrize("people", [2, 20])
def test_receipts_cost_one_statement_to_keep_and_seven_to_apply(account: ProviderAccount, people: int) -> None:
    launched(people=people)
    work = claimed()
    marked(work, account_id=account.pk)
    settle(settlement(work, account_id=account.pk))
    ids = [f"id-{person.recipient_id}" for person in work.people]
    said = [Receipt(f"told {name}", None, name, "delivered", "Delivered") for name in ids]

    kept = statements(lambda: inbox.store(account, said))
    applied = statements(lambda: apply_some(1000))

    assert (len(said), kept, applied) == (people, 1, 7)
