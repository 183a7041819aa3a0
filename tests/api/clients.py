"""Clients of the API, and how to read what they got."""

from typing import Any

from rest_framework.test import APIClient

from audiences.models import Member, Store
from audiences.services.keys import issue_key
from config.audit import Actor
from tests.factories import MemberFactory

V1 = "/api/v1"
ALL = ("read", "send", "admin")


def with_key(store: Store, *scopes: str) -> APIClient:
    """A client with a new key of the store; all scopes when none is named."""
    issued = issue_key(store=store, name="test", scopes=scopes or ALL, actor=Actor("command:test"))
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.plain}")
    return client


def with_session(member: Member, **options: Any) -> APIClient:
    """A client whose user is logged in."""
    client = APIClient(raise_request_exception=False, **options)
    client.force_login(member.user)
    return client


def as_role(store: Store, role: str) -> APIClient:
    """A logged-in member of the store."""
    return with_session(MemberFactory.create(store=store, role=role))


def code(response: Any) -> tuple[int, str]:
    """Status and code of a problem answer, which must be a whole problem document."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert {"type", "title", "status", "code", "detail", "errors", "request_id"} <= set(body)
    assert body["status"] == response.status_code
    assert body["request_id"] == response["X-Request-ID"]
    return response.status_code, body["code"]


def pointers(response: Any) -> list[tuple[str, str]]:
    """(pointer, code) of every field error."""
    return [(error["pointer"], error["code"]) for error in response.json()["errors"]]
