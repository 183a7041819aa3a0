"""Members of the store."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import AlreadyMember, LastOwner
from audiences.models import Member
from audiences.openapi import refuses
from audiences.serializers_access import MemberBody, RoleBody
from audiences.services.members import change_role, invite_member
from audiences.services.stores import remove_member
from audiences.tenancy import StoreViews


class MemberViews(StoreViews[Member]):
    """The people who work for the store: a viewer reads, a manager also sends, an owner does everything."""

    kind = "mem"
    needs = {"*": "admin"}
    queryset = Member.objects.select_related("user")
    serializer_class = MemberBody

    def list(self, request: Request) -> Response:
        """The store's members, newest first."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """One member."""
        return Response(self.read(self.get_object()))

    @refuses(AlreadyMember)
    def create(self, request: Request) -> Response:
        """Make the person with an e-mail address a member; whoever has no login yet gets one.

        A new login has no password: the person sets it with "forgot password" on the console's login page.
        """
        fields = self.body(MemberBody).validated_data
        made = invite_member(
            store_id=self.caller.store_id, email=fields["email"], role=fields["role"], actor=self.caller.actor
        )
        return Response(self.read(made), status=201)

    @extend_schema(request=RoleBody, responses=MemberBody)
    @refuses(LastOwner)
    def partial_update(self, request: Request, id: str) -> Response:
        """Give a member another role. The last owner stays one."""
        member = self.get_object()
        role = self.body(RoleBody).validated_data["role"]
        changed = change_role(store_id=self.caller.store_id, member_id=member.pk, role=role, actor=self.caller.actor)
        return Response(self.read(changed))

    @refuses(LastOwner)
    def destroy(self, request: Request, id: str) -> Response:
        """Take a member away: from the next request on they see nothing of the store. The last owner stays."""
        member = self.get_object()
        remove_member(store_id=self.caller.store_id, member_id=member.pk, actor=self.caller.actor)
        return Response(status=204)
