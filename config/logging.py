"""Structured logs: one JSON line per event, with the request's or the task's id; never a phone number or a text."""

import re
import traceback
from types import TracebackType
from typing import Any

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

__all__ = ["bound_contextvars", "logging_config", "request_id", "told"]

# What PostgreSQL says behind its first line quotes the row. In the text of an error's `repr` a line ends in \\n.
QUOTED = re.compile(r"(?:\\n|\s)*(?:DETAIL|CONTEXT|HINT|QUERY|LINE \d+):\s.*", re.DOTALL)
WORDS = ("event", "error", "reason", "message")  # keys whose text may hold an error's words

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]


def logging_config(*, level: str) -> dict[str, Any]:
    """The `LOGGING` setting: everything goes to stderr as JSON. `level`: the least severe level that is written."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    json_lines = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            cut_rows,
            structlog.processors.ExceptionRenderer(_without_rows),
            structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": SHARED,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": json_lines},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Celery prints each task with its arguments at INFO; ours are ids, but one line per task is enough.
        "loggers": {"celery.worker.strategy": {"level": "WARNING"}, "celery.app.trace": {"level": "WARNING"}},
    }


def _without_rows(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """The traceback; of an error of PostgreSQL only its first line: what follows quotes the row, phone and all."""
    text = "".join(traceback.format_exception(*exc_info)).rstrip("\n")
    error: BaseException | None = exc_info[1]
    while error is not None:
        if isinstance(error, psycopg.Error) and str(error):
            text = text.replace(str(error), str(error).splitlines()[0])
        error = error.__cause__ or error.__context__
    return text


def told(error: BaseException) -> str:
    """An error in one line that may be kept and shown to staff: its kind, and its words up to what quotes a row."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {QUOTED.sub('', first)}"


def cut_rows(_: object, __: str, event: Any) -> Any:
    """A processor: cut what PostgreSQL quotes out of texts. Celery writes an error's words into its own message."""
    for name in WORDS:
        if isinstance(text := event.get(name), str):
            event[name] = QUOTED.sub("", text)
    return event


def request_id() -> str | None:
    """The id under which the present request or task is logged."""
    return structlog.contextvars.get_contextvars().get("request_id")
