"""gunicorn's settings for the process `web`: threads, because requests wait for the database."""

import os
from importlib import import_module
from typing import Any

from django.urls import get_resolver

from config.memory import settle

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
accesslog = None
control_socket_disable = True

_hearts: list[Any] = []


def post_worker_init(worker: object) -> None:
    """The application is loaded, but for what the first request would load: let it be, then settle its memory."""
    _ = get_resolver().url_patterns
    settle()
    process = import_module("config.heartbeats").this_process("web")  # not above: Django is not set up there yet
    _hearts.append(import_module("config.hearts").Heart(name=process.name, kind=process.kind))
    _hearts[0].start()


def worker_exit(server: object, worker: object) -> None:
    """The process ends by itself: its row goes with it."""
    while _hearts:
        _hearts.pop().stop()
