"""What drf-spectacular cannot guess about our endpoints."""

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):  # type: ignore[misc]
    """The schema of one endpoint."""
