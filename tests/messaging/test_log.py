"""The message log: a hand-over written as COPY's own text is the same as line by line."""

import pytest
from django.utils import timezone

from messaging.log import Answer, HandOver, LogLine, append, append_attempt
from messaging.models import MessageLog

pytestmark = pytest.mark.django_db

STRANGE = ["", "plain", "tab\there", "line\nbreak\r", "back\\slash", "\\N", "Ελένη 🌸", "nul\0nul", "\\.", "a\\tb"]
OUTCOMES = [
    ("accepted", "id\t\\1", 2, "", ""),
    ("refused", None, None, "other", "no\nway"),
    ("unsure", None, None, "", "\\N"),
]
COLUMNS = [field.attname for field in MessageLog._meta.concrete_fields if field.attname != "id"]


def written() -> list[tuple[object, ...]]:
    return list(MessageLog.objects.order_by("recipient_id").values_list(*COLUMNS))


def test_a_hand_over_reads_as_if_it_were_written_line_by_line() -> None:
    batch = HandOver(store_id=1, campaign_id=2, batch_id=3, attempt=4, account_id=5, at=timezone.now())
    answers = [
        Answer(number, *OUTCOMES[number % len(OUTCOMES)], text) for number, text in enumerate(STRANGE * len(OUTCOMES))
    ]

    append(LogLine(kind="attempt", **batch._asdict(), **answer._asdict()) for answer in answers)
    expected = written()
    MessageLog.objects.all().delete()
    append_attempt(batch, answers)

    assert written() == expected
    assert len(expected) == len(answers)


def test_a_hand_over_of_nobody_writes_nothing() -> None:
    append_attempt(HandOver(1, 2, 3, 4, 5, timezone.now()), [])

    assert not MessageLog.objects.exists()
