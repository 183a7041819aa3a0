"""Old receipts leave the inbox, a stretch at a time; what waits or could not be read stays."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from messaging.models import Receipt
from messaging.receipts import prune as pruning
from messaging.receipts.prune import prune
from messaging.tidy import tidy

pytestmark = pytest.mark.django_db


def receipt(name: str, *, days: int, applied: bool = True, raw: str = "") -> None:
    came = timezone.now() - timedelta(days=days)
    Receipt.objects.create(
        account_id=1, dedupe=name, status="delivered", received_at=came, applied_at=came if applied else None, raw=raw
    )


def left() -> list[str]:
    return list(Receipt.objects.order_by("pk").values_list("dedupe", flat=True))


def test_only_old_ones_that_were_applied_go() -> None:
    receipt("old", days=31)
    receipt("waits", days=31, applied=False)
    receipt("unreadable", days=31, raw="{")
    receipt("young", days=29)

    assert prune() == 1

    assert left() == ["waits", "unreadable", "young"]
    assert prune() == 0


def test_it_goes_on_stretch_by_stretch_until_one_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for number in range(5):
        receipt(f"old {number}", days=40)
    for number in range(5):
        receipt(f"young {number}", days=1)

    assert prune() == 5

    assert len(left()) == 5


def test_what_stays_at_the_head_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for number in range(4):
        receipt(f"unreadable {number}", days=40, raw="{")
    receipt("old", days=40)

    assert prune() == 1


def test_a_run_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt("old", days=40)
    monkeypatch.setattr(pruning, "SLICE_SECONDS", -1.0)

    assert prune() == 0


def test_zero_days_keep_everything(settings: Settings) -> None:
    settings.RETENTION_RECEIPT_DAYS = 0
    receipt("old", days=4000)

    assert prune() == 0


def test_an_empty_inbox_is_nothing_to_do() -> None:
    assert prune() == 0


def test_tidying_up_does_it() -> None:
    receipt("old", days=40)

    assert tidy()["receipts"] == 1


def test_a_stretch_is_read_by_its_key() -> None:
    plans: list[str] = []

    def explain(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE messaging_receipt")
        cursor.execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explain):
        pruning.prune_stretch(after=0, before=timezone.now(), limit=5)

    assert "messaging_receipt_pkey" in plans[0]
    assert "Seq Scan on messaging_receipt" not in plans[0]
