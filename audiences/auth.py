"""Who is asking, for which store, and what they may do there."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer hg_live_…`."""

    def authenticate(self, request):  # type: ignore[no-untyped-def]
        return None


class ConsoleAuthentication(SessionAuthentication):
    """The console's session."""


class StoreScope(BasePermission):
    """The caller acts for a store and may do this there."""
