"""Sending direct messages, by the address that lists what was sent."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audiences.openapi import refuses
from audiences.tenancy import StoreViews
from billing.errors import MONEY
from campaigns.errors import NoMessageText, NoRecipients, StoreStopped
from campaigns.sent import DirectBody, SentShape, shown
from campaigns.services.direct import send_direct
from config.idempotency import idempotent
from messaging.models import MessageLog


class SendMessages(StoreViews[MessageLog]):
    """Sending to numbers."""

    @extend_schema(request=DirectBody, responses={202: SentShape})
    @refuses(NoMessageText, NoRecipients, *MONEY, StoreStopped)
    @idempotent
    def create(self, request: Request) -> Response:
        """Send a message that somebody asked for to one number, or up to a hundred; they need not be contacts.

        Who opted out or is suppressed is left out, and named with the reason.
        """
        asked = self.body(DirectBody).validated_data
        sent = send_direct(
            store=self.caller.store,
            to=asked["to"],
            text=asked["text"],
            priority=asked["priority"],
            short_links=asked["short_links"],
            actor=self.caller.actor,
        )
        return Response(shown(sent), status=202)
