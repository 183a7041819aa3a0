"""What a part costs, by country and date."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Price(models.Model):
    """Credits per part to a country from a moment on; an empty country is every other one. Without a row: 1 credit."""

    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code of the recipient's number")
    credits_per_part = models.PositiveIntegerField()
    valid_from = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "valid_from"], name="price_once"),
            models.CheckConstraint(condition=Q(credits_per_part__gte=1), name="price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.country or 'other'}: {self.credits_per_part}"
