"""The message log: append-only evidence, written by COPY beside the moves it proves."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from config.sql import copy_rows


class LogLine(NamedTuple):
    """A line about one recipient; the columns of MessageLog in its order."""

    store_id: int
    campaign_id: int | None
    recipient_id: int | None
    kind: str
    outcome: str
    at: datetime
    batch_id: int | None = None
    attempt: int = 0
    account_id: int | None = None
    provider_message_id: str | None = None
    raw_status: str = ""
    error_class: str = ""
    error_code: str = ""
    parts: int | None = None
    text: str = ""


def append(lines: Iterable[LogLine]) -> None:
    """Write the lines down. NUL cannot be stored in a text and is left out."""
    rows = (line._replace(text=line.text.replace("\0", "")) if "\0" in line.text else line for line in lines)
    copy_rows(table="messaging_messagelog", columns=LogLine._fields, rows=rows)
