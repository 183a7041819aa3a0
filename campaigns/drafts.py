"""What is counted, shown and sent: ONE place says what the whole text of a campaign is.

The quote, the snapshot, the claim and the preview all read `Draft.content()`, so that they cannot differ. The opt-out
text is the store's until the launch and the campaign's own, frozen, from then on.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from audiences.links_base import links_base_url, shortens
from audiences.models import Store
from billing.prices import PriceTable, price_table
from campaigns.content import Content, parse, tidy
from campaigns.models import Campaign
from campaigns.people import UNASKED


def full_text(message: str, *, kind: str, opt_out_text: str) -> str:
    """The message; what nobody asked for ends with the opt-out text on a line of its own, unless it is in there."""
    if kind not in UNASKED or not message.strip() or opt_out_text in message:
        return message
    return f"{message.rstrip()}\n{opt_out_text}"


class Draft(NamedTuple):
    """Content and audience of a campaign, saved or not. `audience` is in its stored form."""

    message: str
    kind: str
    audience: dict[str, Any]
    on_missing: str = "blank"
    plain_values: bool = False
    opt_out_text: str = ""
    short_links: bool = False
    base_url: str = ""

    @classmethod
    def of(cls, campaign: Campaign) -> "Draft":
        """The draft that a campaign holds; once launched with the opt-out text and the base of links of that moment."""
        frozen, store = bool(campaign.run), campaign.store
        return cls(
            message=campaign.message,
            kind=campaign.kind,
            audience=campaign.effective_audience,
            on_missing=campaign.on_missing,
            plain_values=campaign.plain_values,
            opt_out_text=campaign.opt_out_text if frozen else store.opt_out_text,
            short_links=campaign.short_links and (frozen or shortens(store)),
            base_url=campaign.links_base_url if frozen else links_base_url(store),
        )

    @classmethod
    def unsaved(cls, *, store: Store, fields: Mapping[str, Any]) -> "Draft":
        """What `fields` (message, kind, audience, on_missing, plain_values) would be once saved in `store`."""
        stored = {
            **fields,
            "message": tidy(fields["message"]),
            "short_links": fields.get("short_links", True) and shortens(store),
        }
        return cls(**stored, opt_out_text=store.opt_out_text, base_url=links_base_url(store))

    @property
    def text(self) -> str:
        """The whole text, placeholders and opt-out text included."""
        return full_text(self.message, kind=self.kind, opt_out_text=self.opt_out_text)

    def content(self) -> Content:
        """The whole text, ready to be rendered and counted."""
        return self.parsed(self.text)

    def parsed(self, text: str) -> Content:
        """A text as it would be rendered and counted if it were this draft's."""
        return parse(text, plain_values=self.plain_values, base_url=self.base_url, short_links=self.short_links)

    @property
    def links(self) -> dict[int, str]:
        """number → address of what becomes a short link."""
        return {own.number: own.url for own in self.content().owns if own.url}

    @property
    def frozen_links(self) -> dict[str, Any]:
        """The columns of a campaign in which a launch keeps how links are written."""
        return {"short_links": self.short_links, "links_base_url": self.base_url}

    @property
    def content_hash(self) -> str:
        """Changes with whatever changes a recipient's text, or who of the audience is a recipient."""
        links = [self.base_url, sorted(self.links)] if self.content().owns else []
        return fingerprint([self.text, self.kind, self.on_missing, self.plain_values, *links])

    def audience_hash(self, version: str) -> str:
        """32 digits of the audience as written, 32 of the `version` of what it is made of (audiences.audience)."""
        return fingerprint(self.audience)[:32] + version


def prices_of(campaign: Campaign, *, now: datetime) -> PriceTable:
    """The prices of a campaign: from its launch on those that its quote counted with, whatever came since."""
    return price_table(campaign.quote.created_at if campaign.run and campaign.quote else now)


def fingerprint(value: Any) -> str:
    """64 hexadecimal digits of anything that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
