"""The addresses that a campaign's text contained when it was launched: the only ones its short links lead to."""

from django.db import models

from campaigns.models.campaign import Campaign


class CampaignLink(models.Model):
    """An address of a campaign's text. Frozen at launch but for the counters; the code of a link names its number.

    Counted by the sweep of clicks: `clicks` by anybody and anything, `human_clicks` without robots, `people` who
    clicked it at least once. There is no row per recipient: a code is derived and signed (campaigns.links.codes).
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="1 for the first address of the text")
    url = models.CharField(max_length=2000, help_text="where it leads: http or https, ASCII")
    clicks = models.BigIntegerField(default=0, db_default=0)
    human_clicks = models.BigIntegerField(default=0, db_default=0)
    people = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="link_number_once")]

    def __str__(self) -> str:
        return self.url
