"""How the API's document is made: drf-spectacular's settings, and names for choices that several shapes share."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Heliograph API",
    "DESCRIPTION": "SMS campaigns for stores. Times are ISO 8601 UTC, ids opaque strings, errors RFC 9457 problems.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "audiences.openapi_hooks.show_rates",
        "audiences.openapi_hooks.show_examples",
        "audiences.openapi_hooks.link",
        "audiences.openapi_hooks.show_subsets",
        "audiences.openapi_hooks.share_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Consent": "audiences.models.contacts.CONSENTS",
        "StoreStatus": "audiences.models.stores.STORE_STATUSES",
        "ImportStatus": "audiences.states.IMPORT.states",
        "CampaignKind": "campaigns.states.KINDS",
        "CampaignStatus": "campaigns.states.CAMPAIGN.states",
        "RecipientStatus": "campaigns.states.RECIPIENT.states",
        "BatchState": "campaigns.states.BATCH.states",
        "RecipientReason": "campaigns.serializers_watching.REASONS",
        "EtaReason": "campaigns.forecast.CODES",
        "LedgerKind": "billing.models.accounts.KINDS",
        "ReservationState": "billing.states.RESERVATION.states",
        "WebhookEvent": "messaging.models.hooks.EVENTS",
        "WebhookStatus": "messaging.models.hooks.SHOWN_STATUSES",
        "DeliveryState": "messaging.states.DELIVERY.states",
    },
}
