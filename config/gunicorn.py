"""gunicorn's settings for the process `web`: threads, because requests wait for the database."""

import os

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


def post_worker_init(worker: object) -> None:
    """The application is loaded, but for what the first request would load: let it be, then settle its memory."""
    _ = get_resolver().url_patterns
    settle()
