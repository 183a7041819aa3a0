"""Who acts in the ops console."""

from django.http import HttpRequest

from audiences.auth import address
from config.audit import Actor


def staff(request: HttpRequest) -> Actor:
    """The logged-in member of staff, as the audit names them: `staff:<id>`."""
    return Actor(f"staff:{request.user.pk}", ip=address(request))
