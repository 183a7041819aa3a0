"""Reading the provider's file, and telling an excuse from none."""

from pathlib import Path

import orjson
import pytest

from campaigns.models import CampaignRecipient, SendBatch
from config.opaque import references
from messaging.drill import ledger
from messaging.drill.ledger import Taken
from messaging.drill.unconfirmed import explain
from messaging.models import MessageLog
from messaging.sending.lost_calls import give_up_calls
from messaging.sending.settle import settle
from messaging.unknown import give_up_overdue
from providers.interface import Unsure
from tests.drill.test_send_points import give_up_now
from tests.steps import claimed, launched, marked, settlement


def write(path: Path, *lines: dict[str, object]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def accepted(recipient_id: int, *, attempt: int = 1, **more: object) -> dict[str, object]:
    facts = {"message_id": f"id-{recipient_id}", "destination": "+306970000001", "at": 5.0, "fate": "delivered"}
    return {"type": "accepted", "reference": references([recipient_id], attempt=attempt)[0], **facts, **more}


def call(fault: str, *, items: int, processed: bool, answered: bool) -> dict[str, object]:
    taken, refused = (items - 1, 1) if processed else (0, items if answered else 0)
    facts = {"items": items, "accepted": taken, "refused": refused, "processed": processed, "answered": answered}
    return {"type": "call", "fault": fault, **facts}


def test_who_was_taken_is_known_by_our_reference(tmp_path: Path) -> None:
    book = ledger.read(write(tmp_path / "file", accepted(7, attempt=2), accepted(8, reference="of-somebody-else")))

    assert book.taken == [Taken(7, 2, "id-7", "+306970000001", 5.0, "delivered", 0)]
    assert book.foreign == 1


def test_receipts_count_for_the_message_they_are_about(tmp_path: Path) -> None:
    sent = {"type": "receipts", "sent": [1 << 4 | 1, 1 << 4 | 2], "at": 6.0}

    book = ledger.read(write(tmp_path / "file", accepted(7), accepted(8), sent))

    assert [(one.recipient_id, one.receipts) for one in book.taken] == [(7, 0), (8, 2)]


def test_items_of_calls_count_by_what_became_of_them(tmp_path: Path) -> None:
    book = ledger.read(
        write(
            tmp_path / "file",
            call("ok", items=20, processed=True, answered=True),
            call("hang_before", items=5, processed=False, answered=False),
            call("drop_after", items=3, processed=True, answered=False),
            call("429", items=9, processed=False, answered=True),
        )
    )

    assert (book.unprocessed_items, book.unclear_refusals) == (5, 1)
    assert book.faults == {"ok": 1, "hang_before": 1, "drop_after": 1, "429": 1}


# Excuses ------------------------------------------------------------------------------------------------------------


def taken(recipient_id: int, *, receipts: int, fate: str = "delivered") -> Taken:
    return Taken(recipient_id, 1, "id", "+306970000001", 5.0, fate, receipts)


@pytest.fixture
def ids(db: None) -> list[int]:
    """Three recipients of a batch whose call nobody settled, owned by process 4711, unconfirmed in the end."""
    launched(people=3)
    marked(claimed())
    SendBatch.objects.update(owner="host:4711:12")
    give_up_now()
    give_up_overdue(limit=10, deadline_hours=0)
    return list(CampaignRecipient.objects.order_by("pk").values_list("pk", flat=True))


@pytest.mark.usefixtures("ids")
def test_a_killed_worker_is_an_excuse() -> None:
    found = explain(dead=[4711], taken=[], echoes=True)

    assert found.why == {"worker killed between mark and settle": 3}
    assert found.unexplained == []
    assert len(found.cut_batches) == 1


def test_a_worker_that_lived_is_none(ids: list[int]) -> None:
    found = explain(dead=[4712], taken=[], echoes=True)

    assert found.unexplained == ids
    assert found.why == {}


@pytest.mark.django_db
def test_an_unclear_answer_is_an_excuse_with_its_words() -> None:
    launched(people=3)
    work = claimed()
    marked(work)
    settle(settlement(work, [Unsure("deadline")] * 3))
    give_up_calls(limit=10)
    SendBatch.objects.update(called_at="2020-01-01T00:00:00Z")
    give_up_overdue(limit=10, deadline_hours=0)

    found = explain(dead=[], taken=[], echoes=True)

    assert found.why == {"unclear answer: deadline": 3}
    assert MessageLog.objects.filter(outcome="unsure").count() == 3


@pytest.mark.django_db
def test_who_was_not_taken_beside_others_whose_answer_was_lost_is_known_one_by_one() -> None:
    launched(people=3)
    work = claimed()
    marked(work)
    settle(settlement(work, [Unsure("deadline")] * 3))
    SendBatch.objects.update(called_at="2020-01-01T00:00:00Z")
    give_up_overdue(limit=10, deadline_hours=0)
    first, *others = CampaignRecipient.objects.order_by("pk").values_list("pk", flat=True)

    some = explain(dead=[], taken=[taken(first, receipts=0)], echoes=True)
    none = explain(dead=[], taken=[], echoes=True)

    assert some.beside == frozenset(others)
    assert none.beside == frozenset()


def test_nothing_excuses_a_receipt_that_was_ignored(ids: list[int]) -> None:
    found = explain(dead=[4711], taken=[taken(ids[0], receipts=1), taken(ids[1], receipts=0)], echoes=True)

    assert found.settleable == [ids[0]]


def test_a_receipt_without_our_reference_or_with_unknown_words_settles_nothing(ids: list[int]) -> None:
    silent = explain(dead=[4711], taken=[taken(ids[0], receipts=1)], echoes=False)
    strange = explain(dead=[4711], taken=[taken(ids[0], receipts=1, fate="unknown_word")], echoes=True)

    assert silent.settleable == strange.settleable == []
