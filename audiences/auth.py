"""Who is asking, for which store, and what they may do there."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from audiences.models import Member, Store, User
from audiences.services.keys import key_of
from config.audit import Actor
from config.opaque import private_id
from config.problems import Forbidden

SESSION_STORE = "store_id"  # the session's value: the primary key of the store that the user chose
SCOPES_OF_ROLE: Mapping[str, frozenset[str]] = {
    "viewer": frozenset({"read"}),
    "manager": frozenset({"read", "send"}),
    "owner": frozenset({"read", "send", "admin"}),
}


class StoreSuspended(Forbidden):
    """The store is suspended."""


class NoStore(Forbidden):
    """Choose one of your stores with the header X-Store."""


class PlainKey(Forbidden):
    """Keys are accepted over TLS only. Revoke this one: it travelled in the clear."""


@dataclass(frozen=True)
class Caller:
    """Who acts for which store, and with which of the scopes read, send and admin."""

    store: Store
    actor: Actor
    scopes: frozenset[str]
    user: User | None = None

    @property
    def store_id(self) -> int:
        """The primary key of the store."""
        return self.store.pk


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer hg_live_…`: the key's store and scopes."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        """(nobody, the caller), or None when no bearer token is there. A bad token is an error, never a session."""
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if settings.API_KEYS_NEED_TLS and not request.is_secure():
            raise PlainKey
        key = key_of(token.strip())
        if key is None:
            raise AuthenticationFailed("This key is unknown, revoked or expired.")
        actor = Actor(f"key:{key.pk}", ip=address(request))
        return AnonymousUser(), _active(Caller(store=key.store, actor=actor, scopes=frozenset(key.scopes)))

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class ConsoleAuthentication(SessionAuthentication):
    """The console's session, with its CSRF token; the store is the header's, the session's, or the only one."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """(the user, the caller), or None when nobody is logged in."""
        found = super().authenticate(request)
        if found is None:
            return None
        user: User = found[0]
        return user, page_visitor(request) or caller_of(request, user=user)


def page_visitor(request: Request) -> Caller | None:
    """The visitor of a console page that reads the API inside the process: known, and counted once for the page.

    It stands on the Python object that the page made, so nothing that a client sends can be one.
    """
    return getattr(getattr(request, "_request", None), "caller", None)


class PersonAuthentication(SessionAuthentication):
    """The console's session as such: a person, whatever stores they have (none, one or many), acting for none."""

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


def actor_of(request: Request | HttpRequest, *, user: User) -> Actor:
    """A logged-in user as the audit names them."""
    return Actor(f"user:{user.pk}", ip=address(request))


def caller_of(request: Request | HttpRequest, *, user: User) -> Caller:
    """The logged-in user as a member of the store of the header X-Store, of the session, or of the only one.

    Raises NoStore, StoreSuspended. A store that the user is no member of looks like one that does not exist.
    """
    memberships = Member.objects.select_related("store").filter(user=user)
    wanted = request.headers.get("X-Store")
    if wanted is not None:
        memberships = memberships.filter(store_id=private_id(wanted, kind="str") or 0)
    elif chosen := request.session.get(SESSION_STORE):
        memberships = memberships.filter(store_id=chosen)
    found = list(memberships[:2])
    if len(found) != 1:
        raise NoStore
    actor = actor_of(request, user=user)
    return _active(Caller(store=found[0].store, actor=actor, scopes=SCOPES_OF_ROLE[found[0].role], user=user))


def _active(caller: Caller) -> Caller:
    if caller.store.status != "active":
        raise StoreSuspended
    structlog.contextvars.bind_contextvars(store_id=caller.store_id, actor=caller.actor.name)
    return caller


def address(request: Request | HttpRequest) -> str | None:
    """The client's IP address: of the last hop that our own proxy saw when there is one. None for a unix socket."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.META.get("HTTP_X_FORWARDED_FOR", text).rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


class StoreScope(BasePermission):
    """The caller acts for a store and has the scope that the view names for the action.

    A view says `needs = {"create": "admin"}` (by action, or by method in lower case); what it does not name is `read`
    for reading and `send` for everything else.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller may; without a caller nobody may."""
        return isinstance(request.auth, Caller) and scope_needed(view, request.method or "GET") in request.auth.scopes


def scope_needed(view: Any, method: str) -> str:
    """The scope that a view asks of a request with this method."""
    needs: Mapping[str, str] = getattr(view, "needs", {})
    action = getattr(view, "action", None) or method.lower()
    return needs.get(action, needs.get("*", "read" if method in SAFE_METHODS else "send"))
