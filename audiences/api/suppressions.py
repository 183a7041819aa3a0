"""Phones that the store must not text."""

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.errors import NotYours
from audiences.models import Suppression
from audiences.openapi import refuses
from audiences.serializers_access import (
    FoundSuppressionShape,
    LiftBody,
    NewSuppressionBody,
    PhoneBody,
    SuppressionShape,
)
from audiences.services.consent import REASONS, lift, suppress
from audiences.services.contacts import read_phone
from audiences.suppressions import look_up
from audiences.tenancy import StoreViews


class SuppressionFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What suppressions can be narrowed by."""

    reason = django_filters.ChoiceFilter(choices=[(reason, reason) for reason in REASONS])


class SuppressionViews(StoreViews[Suppression]):
    """Suppressions of the store. Those for every store are staff's."""

    kind = "sup"
    needs = {"look_up": "read", "lift": "admin"}
    queryset = Suppression.objects.all()
    serializer_class = SuppressionShape
    filterset_class = SuppressionFilter

    def list(self, request: Request) -> Response:
        """The store's suppressions, newest first. Whose they are can be asked (`lookup`) but not read."""
        return self.page(self.get_queryset())

    def retrieve(self, request: Request, id: str) -> Response:
        """One suppression."""
        return Response(self.read(self.get_object()))

    @extend_schema(request=NewSuppressionBody, responses={200: SuppressionShape, 201: SuppressionShape})
    def create(self, request: Request) -> Response:
        """Never text a phone again, whether it is a contact's or not. 200 when it is, for this reason, already."""
        said = self.body(NewSuppressionBody).validated_data
        phone, store_id = self._phone(said["phone"]), self.caller.store_id
        actor = self.caller.actor
        new = suppress(store_id=store_id, phone=phone, reason=said["reason"], source="api", actor=actor)
        return Response(
            self.read(look_up(store_id=store_id, phone=phone).of(said["reason"])), status=201 if new else 200
        )

    @extend_schema(request=PhoneBody, responses={200: FoundSuppressionShape})
    @action(detail=False, methods=["post"], url_path="lookup")
    def look_up(self, request: Request) -> Response:
        """Whether a phone is suppressed, by whom, and for which reasons. It changes nothing."""
        phone = self._phone(self.body(PhoneBody).validated_data["phone"])
        found = look_up(store_id=self.caller.store_id, phone=phone)
        shown = {
            "suppressed": found.everywhere or bool(found.own),
            "everywhere": found.everywhere,
            "suppression": found.own[0] if found.own else None,
            "suppressions": found.own,
        }
        return Response(FoundSuppressionShape(shown).data)

    @extend_schema(request=LiftBody, responses={204: None})
    @refuses(NotYours)
    @action(detail=True, methods=["post"])
    def lift(self, request: Request, id: str) -> Response:
        """Let a phone be texted again, as far as this suppression goes: what stands for another reason stays.

        Its contact's consent is not touched: who opted out is still not texted.
        """
        row = self.get_object()
        reason = self.body(LiftBody).validated_data["reason"]
        lift(store_id=self.caller.store_id, suppression_id=row.pk, actor=self.caller.actor, reason=reason)
        return Response(status=204)

    def _phone(self, text: str) -> str:
        return read_phone(text, store=self.caller.store).e164
