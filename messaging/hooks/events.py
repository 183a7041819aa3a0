"""What an event says: its `data` as it is stored, and the body as it is sent. docs/webhooks.md shows each of them.

Stored data holds no phone number: who asked for them gets them put in at the moment of sending, so that an erasure
also reaches what was not delivered yet.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from audiences.models import Contact
from campaigns.models import CampaignEvent, CampaignRecipient
from config.opaque import public_id
from messaging.models import InboundMessage, WebhookDelivery

# A move of a campaign -> the event that tells of it. What is not listed tells the outside nothing.
OF_CAMPAIGN = {
    "launch": "campaign.started",
    "retry": "campaign.started",
    "pause": "campaign.paused",
    "resume": "campaign.resumed",
    "complete": "campaign.completed",
    "fail": "campaign.failed",
    "cancel": "campaign.cancelled",
}
RECEIVED = "message.received"
MESSAGE_EVENTS = ("message.delivered", "message.failed")
OF_RECIPIENTS = (*MESSAGE_EVENTS, "message.clicked")
FACTS = ("recipients", "credits", "run")


def campaign_data(event: CampaignEvent, *, counts: Mapping[str, int]) -> dict[str, Any]:
    """Of a move of a campaign. `counts`: recipients by status, at the moment in which the event is published."""
    campaign = event.campaign
    return {
        "campaign": public_id(campaign.pk, kind="cmp"),
        "name": campaign.name,
        "status": event.after,
        "before": event.before,
        "reason": event.reason,
        "counts": dict(counts),
        **{name: event.facts[name] for name in FACTS if name in event.facts},
    }


def body(delivery: WebhookDelivery, *, phones: bool) -> bytes:
    """The body of a delivery: JSON in UTF-8 with type, timestamp, sequence and data; the same at every attempt.

    With `phones` numbers are looked up and put in: one statement. Who was erased meanwhile has null.
    """
    shown = {
        "type": delivery.event,
        "timestamp": moment(delivery.happened_at),
        "sequence": delivery.sequence,
        "data": _data(delivery, phones=phones),
    }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def moment(at: datetime) -> str:
    """ISO 8601 in UTC, as everywhere in the API."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _data(delivery: WebhookDelivery, *, phones: bool) -> dict[str, Any]:
    if delivery.event in OF_RECIPIENTS:
        return {"messages": _messages(delivery.data["messages"], phones=phones)}
    if delivery.event == RECEIVED:
        return _received(delivery.data, phones=phones)
    if delivery.event == "contact.opted_out":
        return _contact(delivery.data, phones=phones)
    data: dict[str, Any] = delivery.data
    return data


def _contact(stored: dict[str, Any], *, phones: bool) -> dict[str, Any]:
    number = stored["contact"]
    shown = {**stored, "contact": public_id(number, kind="con")}
    if phones:
        shown["phone"] = _by_key(Contact.objects.filter(pk=number).values_list("pk", "phone")).get(number)
    return shown


def _received(stored: dict[str, Any], *, phones: bool) -> dict[str, Any]:
    """Of a text: its words are read when it is sent, so that an erasure reaches them too. One statement."""
    text = InboundMessage.objects.filter(pk=stored["inbound"]).first()
    shown = {
        "id": public_id(stored["inbound"], kind="inb"),
        "contact": public_id(stored["contact"], kind="con") if stored["contact"] else None,
        "meaning": stored["meaning"],
        "outcome": stored["outcome"],
        "to": stored["to"],
        "text": text.text if text else "",
    }
    return shown | ({"phone": text.phone if text else None} if phones else {})


def _messages(stored: list[dict[str, Any]], *, phones: bool) -> list[dict[str, Any]]:
    shown = [
        {
            **one,
            "id": public_id(one["id"], kind="rcp"),
            "campaign": public_id(one["campaign"], kind="cmp"),
            "contact": public_id(one["contact"], kind="con") if one["contact"] else None,
        }
        for one in stored
    ]
    if phones:
        rows = CampaignRecipient.objects.filter(pk__in=[one["id"] for one in stored])
        numbers = _by_key(rows.values_list("pk", "phone"))
        shown = [{**one, "phone": numbers.get(kept["id"])} for one, kept in zip(shown, stored, strict=True)]
    return shown


def _by_key(rows: Iterable[tuple[int, str | None]]) -> dict[int, str | None]:
    return dict(rows)
