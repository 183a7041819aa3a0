"""The campaigns API: one resource, its actions in one file per subject."""

from campaigns.api.drafts import Drafts
from campaigns.api.moves import Moves
from campaigns.api.quotes import Quotes
from campaigns.api.reading import Reading


class CampaignViews(Quotes, Moves, Reading, Drafts):
    """Everything that can be asked of `/api/v1/campaigns`."""


__all__ = ["CampaignViews"]
