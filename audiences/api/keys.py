"""Keys of the store."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.models import ApiKey
from audiences.serializers import KeyBody, NewKeyShape
from audiences.services.keys import issue_key, revoke_key
from audiences.tenancy import StoreViews


class KeyViews(StoreViews[ApiKey]):
    """Keys with which integrations call this API."""

    kind = "key"
    needs = {"*": "admin"}
    queryset = ApiKey.objects.all()
    serializer_class = KeyBody

    def list(self, request: Request) -> Response:
        """The store's keys, also the revoked ones, newest first."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """One key, without its secret."""
        return Response(self.read(self.get_object()))

    @extend_schema(request=KeyBody, responses={201: NewKeyShape})
    def create(self, request: Request) -> Response:
        """Make a key. The answer shows it in full, this once."""
        fields = self.body(KeyBody).validated_data
        issued = issue_key(
            store=self.caller.store,
            name=fields["name"],
            scopes=sorted(fields["scopes"]),
            expires_at=fields.get("expires_at"),
            actor=self.caller.actor,
            created_by_id=self.caller.user.pk if self.caller.user else None,
        )
        return Response(self.read(issued.key) | {"key": issued.plain}, status=201)

    def destroy(self, request: Request, id: str) -> Response:
        """Revoke a key: it stops working at once and stays in the list."""
        revoke_key(store_id=self.caller.store_id, key_id=self.get_object().pk, actor=self.caller.actor)
        return Response(status=204)
