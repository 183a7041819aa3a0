"""The road of an event, and time that passes for rows."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from audiences.models import Store
from campaigns.history import append
from campaigns.models import Campaign
from config.audit import SYSTEM
from messaging.hooks import publish
from messaging.hooks.publish import News, write_deliveries
from messaging.models import WebhookDelivery, WebhookEndpoint
from tests.factories import CampaignFactory

TIMES = ("next_try_at", "due_since", "lease_until", "created_at")


def moved(store: Store, *events: str) -> Campaign:
    """A campaign whose history says this."""
    campaign = CampaignFactory.create(store=store, people=0, credits=0)
    for event in events:
        append(campaign, event, before="draft", after="sending", actor=SYSTEM, recipients=3)
    return campaign


def published(store: Store, *events: str) -> Campaign:
    """As `moved`, and the endpoints are to be told."""
    campaign = moved(store, *events)
    publish.publish()
    return campaign


def told(endpoint: WebhookEndpoint, number: int, *, event: str = "credits.low") -> list[int]:
    """So many deliveries in no order; their keys."""
    news = [
        News(endpoint.store_id, event, f"test:{endpoint.pk}:{n}", {"available": n, "threshold": 9}, timezone.now())
        for n in range(number)
    ]
    write_deliveries(news, {endpoint.store_id: [endpoint]})
    return list(WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("pk", flat=True))


def pass_time(time: timedelta) -> None:
    """Let the rows of webhooks be older by so much."""
    WebhookDelivery.objects.update(**{name: F(name) - time for name in TIMES})
    rows = WebhookEndpoint.objects.all()
    rows.update(**{name: F(name) - time for name in ("hold_until", "failing_since", "previous_until")})


def states(endpoint: WebhookEndpoint) -> list[str]:
    """The states of its deliveries, oldest first."""
    return list(WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("state", flat=True))


def waits() -> list[float]:
    """Seconds until each waiting delivery is tried again, oldest first; about."""
    now: datetime = timezone.now()
    rows = WebhookDelivery.objects.filter(state="pending").order_by("pk")
    return [(row.next_try_at - now).total_seconds() for row in rows]


def ended(state: str, *numbers: int, **columns: Any) -> None:
    """Let deliveries be delivered or dead, by the way that the table of moves allows; without numbers all of them."""
    rows = WebhookDelivery.objects.filter(pk__in=numbers) if numbers else WebhookDelivery.objects.all()
    rows.update(state="sending")
    rows.update(state=state, finished_at=timezone.now(), **columns)


def told_again(endpoint: WebhookEndpoint) -> None:
    """One more delivery in no order."""
    now = timezone.now()
    news = News(endpoint.store_id, "credits.low", f"again:{now}", {"available": 1, "threshold": 9}, now)
    write_deliveries([news], {endpoint.store_id: [endpoint]})
