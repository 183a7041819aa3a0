"""What is held about one person, as one document."""

import json
from typing import Any

import pytest

from audiences.models import Contact, Store
from config.models import AuditEvent
from config.opaque import public_id
from tests.api.clients import V1, with_key
from tests.factories import ContactFactory
from tests.privacy.world import PHONE


def _document(contact: Contact) -> dict[str, list[dict[str, object]]]:
    answer: Any = with_key(contact.store, "read").get(f"{V1}/contacts/{public_id(contact.pk, kind='con')}/export")
    assert answer["Content-Type"] == "application/json"
    whole: dict[str, list[dict[str, object]]] = json.loads(b"".join(answer.streaming_content))
    return whole


@pytest.mark.django_db(transaction=True)
def test_an_export_has_everything_that_is_held(person: Contact) -> None:
    whole = _document(person)

    assert whole["contact"]["phone"] == PHONE  # type: ignore[call-overload]
    assert [row["text"] for row in whole["messages"]][:2] == ["Hi Zebediah Quimberly", "Zebediah, your table is ready"]
    assert {row["phone"] for row in whole["messages"]} == {PHONE}
    assert [row["text"] for row in whole["texts"]] == ["hello, I am Zebediah and allergic to lilies", "STOP"]
    assert [row["properties"] for row in whole["events"]] == [{"note": "allergic to lilies"}]
    assert [row["human"] for row in whole["clicks"]] == [True]
    assert whole["consent"][-1]["after"] == "opted_out"
    assert [row["reason"] for row in whole["suppressions"]] == ["opt_out"]
    assert AuditEvent.objects.filter(action="contact.export", subject=f"contact:{person.pk}").count() == 1


@pytest.mark.django_db
def test_of_who_only_has_a_number_the_lists_are_empty(store: Store) -> None:
    whole = _document(ContactFactory.create(store=store))

    assert {name for name, rows in whole.items() if rows == []} == set(whole) - {"contact"}
