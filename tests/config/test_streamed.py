"""Rows by a cursor on the server: in a transaction, in chunks, and never without one."""

import pytest
from django.db import connection, transaction

from audiences.models import Contact, Store
from config.sql import TransactionNeeded, streamed
from tests.factories import ContactFactory


def test_rows_come_in_chunks_also_where_a_pooler_forbids_cursors(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    made = sorted(contact.pk for contact in ContactFactory.create_batch(5, store=store))
    rows = Contact.objects.filter(store=store).order_by("pk").values_list("pk", "country")

    with transaction.atomic():
        found = streamed(rows, chunk_size=2)
        first = next(found)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors WHERE NOT is_holdable AND name LIKE '\\_django%'")
            assert cursor.fetchone() == (1,)
        rest = list(found)

    assert [pk for pk, _ in [first, *rest]] == made


@pytest.mark.django_db(transaction=True)
def test_there_is_no_cursor_without_a_transaction() -> None:
    with pytest.raises(TransactionNeeded):
        next(streamed(Contact.objects.values_list("pk")))
