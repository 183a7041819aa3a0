"""Static lists of contacts."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import NameTaken
from audiences.models import ContactList
from audiences.openapi import refuses
from audiences.serializers import ListBody, MembersBody, MembersShape
from audiences.services.lists import change_members, create_list, delete_list, rename_list
from audiences.tenancy import StoreViews


class ListViews(StoreViews[ContactList]):
    """Lists."""

    kind = "lst"
    queryset = ContactList.objects.all()
    serializer_class = ListBody

    def list(self, request: Request) -> Response:
        """The store's lists, newest first."""
        return self.page(self.get_queryset())

    @refuses(NameTaken)
    def create(self, request: Request) -> Response:
        """Make an empty list."""
        fields = self.body(ListBody).validated_data
        made = create_list(store=self.caller.store, actor=self.caller.actor, **fields)
        return Response(self.read(made), status=201)

    def retrieve(self, request: Request, id: str) -> Response:
        """One list."""
        return Response(self.read(self.get_object()))

    @refuses(NameTaken)
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a list's name or description."""
        row = self.get_object()
        fields = self.body(ListBody, row=row).validated_data
        changed = rename_list(store_id=self.caller.store_id, list_id=row.pk, actor=self.caller.actor, **fields)
        return Response(self.read(changed))

    def destroy(self, request: Request, id: str) -> Response:
        """Delete a list; its contacts stay."""
        delete_list(store_id=self.caller.store_id, list_id=self.get_object().pk, actor=self.caller.actor)
        return Response(status=204)

    @extend_schema(request=MembersBody, responses={200: MembersShape})
    @action(detail=True, methods=["post"])
    def members(self, request: Request, id: str) -> Response:
        """Put contacts on the list and take others off; one unknown contact and nothing changes."""
        row = self.get_object()
        asked = self.body(MembersBody).validated_data
        changed = change_members(
            store_id=self.caller.store_id,
            list_id=row.pk,
            add=asked["add"],
            remove=asked["remove"],
            actor=self.caller.actor,
        )
        return Response(MembersShape(changed).data)
