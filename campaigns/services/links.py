"""The links of a campaign, written down when it is launched."""

from campaigns.drafts import Draft
from campaigns.models import Campaign, CampaignLink


def freeze_links(campaign: Campaign, draft: Draft) -> None:
    """Keep where the draft's short links lead; in the launch's transaction, before anybody has a code of them."""
    rows = [CampaignLink(campaign=campaign, number=number, url=url) for number, url in draft.links.items()]
    CampaignLink.objects.bulk_create(rows)
