"""The campaigns API: one resource, its actions in one file per subject."""

from campaigns.api.automations import AutomationViews
from campaigns.api.dead_letters import DeadLetterViews
from campaigns.api.drafts import Drafts
from campaigns.api.events import CustomerEventViews
from campaigns.api.moves import Moves
from campaigns.api.previews import Previews
from campaigns.api.quotes import Quotes
from campaigns.api.reading import Reading
from campaigns.api.results import Results
from campaigns.api.retry import Retrying
from campaigns.api.shelf import Shelf
from campaigns.api.templates import TemplateViews


class CampaignViews(Quotes, Previews, Moves, Shelf, Retrying, Reading, Results, Drafts):
    """Everything that can be asked of `/api/v1/campaigns`."""


__all__ = ["AutomationViews", "CampaignViews", "CustomerEventViews", "DeadLetterViews", "TemplateViews"]
