"""The caller's store."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import Store
from audiences.serializers import StoreBody
from audiences.services.stores import update_store
from audiences.tenancy import StoreViews


class StoreView(StoreViews[Store]):
    """The store that the key belongs to, or that the console has chosen."""

    kind = "str"
    operation = "store"
    store_path = "pk"
    needs = {"partial_update": "admin"}
    queryset = Store.objects.all()
    serializer_class = StoreBody

    @extend_schema(responses=StoreBody)
    def retrieve(self, request: Request) -> Response:
        """The store and how it sends."""
        return Response(self.read(self.caller.store))

    @extend_schema(request=StoreBody, responses=StoreBody)
    def partial_update(self, request: Request) -> Response:
        """Change the store; what is left out stays."""
        changes = self.body(StoreBody, row=self.caller.store).validated_data
        changed = update_store(store_id=self.caller.store_id, changes=changes, actor=self.caller.actor)
        return Response(self.read(changed))
