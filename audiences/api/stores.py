"""The stores that somebody may act for."""

from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.utils.text import slugify
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.auth import ApiKeyAuthentication, Caller, PersonAuthentication, actor_of
from audiences.errors import NameTaken
from audiences.models import Store, User
from audiences.openapi import refuses
from audiences.serializers_access import MyStoreShape, NewStoreBody
from audiences.services.stores import create_store
from audiences.tenancy import StoreViews
from config.problems import Forbidden

ASKED_BY: Any = [{"key": []}, {"session": []}]


class OnlyPeople(Forbidden):
    """Stores are made by people who are logged in: a key belongs to one store."""


class KeyOrPerson(BasePermission):
    """A key that may read, or anybody who is logged in, whatever stores they have."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether one of the two asks."""
        if isinstance(request.auth, Caller):
            return "read" in request.auth.scopes
        return isinstance(request.user, User)


class MyStoresViews(StoreViews[Store]):
    """Stores of the caller."""

    kind = "str"
    operation = "stores"
    queryset = Store.objects.all()
    serializer_class = MyStoreShape
    authentication_classes = [ApiKeyAuthentication, PersonAuthentication]
    permission_classes = [KeyOrPerson]
    needs = {"*": "read"}

    def get_queryset(self) -> "QuerySet[Store]":
        """The key's store, or all of the person's, each with the role."""
        auth, user = self.request.auth, self.request.user
        if getattr(self, "swagger_fake_view", False):
            return Store.objects.none()
        if isinstance(auth, Caller):
            return Store.objects.filter(pk=auth.store_id).annotate(role=Value(None, output_field=CharField(null=True)))
        return Store.objects.filter(members__user=user.pk).annotate(role=F("members__role"))

    @extend_schema(auth=ASKED_BY)
    def list(self, request: Request) -> Response:
        """The stores that one may act for, newest first. A session chooses one of them with the header `X-Store`."""
        return self.page(self.get_queryset())

    @extend_schema(request=NewStoreBody, responses={201: MyStoreShape}, auth=ASKED_BY)
    @refuses(NameTaken)
    def create(self, request: Request) -> Response:
        """Open a store of one's own. Only for people who are logged in: a key belongs to one store."""
        if not isinstance(request.user, User):
            raise OnlyPeople
        fields = dict(self.body(NewStoreBody).validated_data)
        slug = fields.pop("slug", "") or slugify(fields["name"])[:50]
        made = create_store(slug=slug, owner=request.user, actor=actor_of(request, user=request.user), **fields)
        return Response(self.read(self.get_queryset().get(pk=made.pk)), status=201)
