"""The Celery application. What travels through it are hints: the rows are the queue (DECISIONS.md)."""

import os
from typing import Any

from celery import Celery
from kombu import Connection

from config import correlation

__all__ = ["app", "correlation"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Seconds that a request or a task waits for the answer to a ring. Consumers wait longer (settings): their reads block.
RING_SECONDS = 1


class Bell(Celery):
    """Celery that does not wait for a broker which took the connection and then fell silent."""

    def connection_for_write(self, url: str | None = None, **options: Any) -> Connection:
        """A connection to publish with, whose every answer must come within RING_SECONDS."""
        transport = {"socket_timeout": RING_SECONDS, **(options.pop("transport_options", None) or {})}
        return super().connection_for_write(url, transport_options=transport, **options)


app = Bell("heliograph")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
