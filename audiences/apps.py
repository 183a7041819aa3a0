"""Registers the app."""

from importlib import import_module

from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "audiences"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The rules of segments, which need the models."""
        import_module("audiences.segments.rules").register()
        import_module("audiences.segments.system").register()
