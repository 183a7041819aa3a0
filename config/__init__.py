"""Composition (settings, urls, celery, asgi) and helpers that know no app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
