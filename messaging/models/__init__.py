"""Tables of what went out and what came back, and of what the outside is told."""

from messaging.models.accounts import ProviderAccount
from messaging.models.alerts import Alert, AlertNotice
from messaging.models.clicks import Click
from messaging.models.evidence import MessageLog, Receipt
from messaging.models.hooks import LogWatermark, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookLane
from messaging.models.inbound import InboundAnswer, InboundMessage, InboundNumber, InboundSettings
from messaging.models.routes import AccountHealth, Route, RouteEvent

__all__ = [
    "AccountHealth",
    "Alert",
    "AlertNotice",
    "Click",
    "InboundAnswer",
    "InboundMessage",
    "InboundNumber",
    "InboundSettings",
    "LogWatermark",
    "MessageLog",
    "ProviderAccount",
    "Receipt",
    "Route",
    "RouteEvent",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookLane",
]
