"""Recipients, their links, and what happens when somebody follows them."""

import re
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from campaigns.links.codes import write
from campaigns.links.keys import keys
from campaigns.models import Campaign, CampaignRecipient
from messaging.models import Click
from tests.steps import launched

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"
TEXT = "Hi {{first_name}}: https://shop.example/sale?utm=sms or www.shop.example/map"
SALE, MAP = "https://shop.example/sale?utm=sms", "http://www.shop.example/map"


def sent(**columns: Any) -> Campaign:
    """A campaign with two links, all of whose recipients got it a minute ago: `people=3`, `store=…`."""
    campaign = launched(**{"message": TEXT, **columns})
    sent_at = timezone.now() - timedelta(minutes=1)
    CampaignRecipient.objects.filter(campaign=campaign).update(status="sent", sent_at=sent_at)
    return campaign


def recipients(campaign: Campaign) -> list[CampaignRecipient]:
    """Oldest first."""
    return list(CampaignRecipient.objects.filter(campaign=campaign).order_by("pk"))


def code_of(recipient: CampaignRecipient, number: int = 1) -> str:
    """The code in the recipient's message."""
    return write(keys()[0], recipient_id=recipient.pk, number=number)


def get(code: str, *, agent: str = PHONE, method: str = "get", **headers: str) -> HttpResponse:
    """Follow a link as a browser would; `headers` by their names in lower case."""
    client = Client(headers={"user-agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}})
    answer: HttpResponse = getattr(client, method)(f"/r/{code}")
    return answer


def click(recipient: CampaignRecipient, number: int = 1, **how: Any) -> HttpResponse:
    """A recipient follows a link."""
    return get(code_of(recipient, number), **how)


def kept() -> list[tuple[int, int, bool, str]]:
    """(recipient, link, human, robot) of every click, oldest first."""
    return list(Click.objects.order_by("pk").values_list("recipient_id", "number", "human", "robot"))


def heading(answer: HttpResponse) -> str:
    """What a page says first."""
    found = re.search("<h1>(.*)</h1>", answer.content.decode())
    return found[1] if found else ""
