"""The store's dead letters, and what is to become of them."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.pagination import OldestFirst
from audiences.quotas import counts_as
from audiences.tenancy import StoreViews
from billing.errors import MONEY
from campaigns.dead_letters import waiting
from campaigns.errors import InvalidStatus, NothingToRetry, StoreStopped
from campaigns.models import SendBatch
from campaigns.serializers import ReasonBody
from campaigns.serializers_retry import DeadLetterShape, RequeuedShape
from campaigns.services.again import NotADeadLetter, discard, requeue
from config.idempotency import idempotent


class DeadLetterViews(StoreViews[SendBatch]):
    """Batches that the provider refused until no attempt was left."""

    kind = "bat"
    needs = {"*": "admin"}
    queryset = SendBatch.objects.all()
    serializer_class = DeadLetterShape
    pagination_class = OldestFirst

    def list(self, request: Request) -> Response:
        """The store's dead letters, oldest first."""
        return self.page(waiting(store_id=self.caller.store_id))

    @extend_schema(request=ReasonBody, responses={202: RequeuedShape})
    @refuses(NotADeadLetter, NothingToRetry, InvalidStatus, *MONEY, StoreStopped)
    @action(detail=True, methods=["post"])
    @counts_as("send")
    @idempotent
    def requeue(self, request: Request, id: str) -> Response:
        """Send to its failed recipients again: a new batch, a new hold at their frozen prices."""
        batch = self.get_object()
        recipients = requeue(batch_id=batch.pk, actor=self.caller.actor, reason=self._reason())
        shown = {"id": batch.pk, "campaign": batch.campaign_id, "recipients": recipients}
        return Response(RequeuedShape(shown).data, status=202)

    @extend_schema(request=ReasonBody, responses={204: None})
    @refuses(NotADeadLetter)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, id: str) -> Response:
        """Leave it: its recipients stay failed, and it is listed no more."""
        batch = self.get_object()
        discard(batch_id=batch.pk, actor=self.caller.actor, reason=self._reason())
        return Response(status=204)

    def _reason(self) -> str:
        reason: str = self.body(ReasonBody).validated_data["reason"]
        return reason
