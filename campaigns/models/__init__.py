"""Tables of campaigns. The hot ones (recipients, batches) carry no database foreign keys: they cost 3x at snapshot."""

from campaigns.models.automation import Automation
from campaigns.models.automation_run import AutomationFire, AutomationRun
from campaigns.models.campaign import Campaign, CampaignEvent, CampaignProgress, CampaignSnapshot, ReasonCount
from campaigns.models.counts import CampaignMinute, LatencyCount
from campaigns.models.link import CampaignLink
from campaigns.models.quote import Quote
from campaigns.models.sending import CampaignRecipient, SendBatch, StoreLane
from campaigns.models.template import StoreTemplate

__all__ = [
    "Automation",
    "AutomationFire",
    "AutomationRun",
    "Campaign",
    "CampaignEvent",
    "CampaignLink",
    "CampaignMinute",
    "CampaignProgress",
    "CampaignRecipient",
    "CampaignSnapshot",
    "LatencyCount",
    "Quote",
    "ReasonCount",
    "SendBatch",
    "StoreLane",
    "StoreTemplate",
]
